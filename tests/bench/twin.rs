//! The twin: the same page from the same stack, without what makes the product: no sealing, no access rules, nobody asks
//! who asks. One plain table through SeaORM with the data as JSON text, one statement for a page. It is filled from the
//! product's own answers, so that it answers with the same bytes.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use async_graphql::{EmptyMutation, EmptySubscription, ID, Object, Request, Schema, SimpleObject};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use sea_orm::sqlx::sqlite::SqliteJournalMode;
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, Schema as Tables, Set,
};
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Connections, as many as the product has.
const CONNECTIONS: u32 = 8;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "tasks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i64,
        #[sea_orm(indexed)]
        pub list: String,
        pub id: String,
        pub name: String,
        pub state: String,
        pub priority: i32,
        pub due_at: Option<String>,
        pub assignee: Option<String>,
        pub process_key: String,
        pub process_name: Option<String>,
        pub data: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Makes the table in a file, with these tasks of one worklist in its order, and serves it.
pub fn serve(
    runtime: &Runtime,
    file: &Path,
    list: &str,
    tasks: &[Json],
) -> anyhow::Result<SocketAddr> {
    runtime.block_on(async {
        let db = open(file).await?;
        fill(&db, list, tasks).await?;
        let schema = Schema::build(Query, EmptyMutation, EmptySubscription)
            .data(db)
            .finish();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let listener = listener.tap_io(|connection| {
            connection.set_nodelay(true).ok();
        });
        let router = Router::new()
            .route("/graphql", post(answer))
            .with_state(schema);
        runtime.spawn(async { axum::serve(listener, router).await });
        Ok(addr)
    })
}

async fn open(file: &Path) -> anyhow::Result<DatabaseConnection> {
    let file = file.to_owned();
    let mut options = ConnectOptions::new("sqlite://twin.db");
    options
        .max_connections(CONNECTIONS)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
        });
    let db = Database::connect(options).await?;
    let tables = Tables::new(db.get_database_backend());
    db.execute(&tables.create_table_from_entity(row::Entity))
        .await?;
    for index in tables.create_index_from_entity(row::Entity) {
        db.execute(&index).await?;
    }
    Ok(db)
}

async fn fill(db: &DatabaseConnection, list: &str, tasks: &[Json]) -> anyhow::Result<()> {
    let rows: Vec<row::ActiveModel> = (0..)
        .zip(tasks)
        .map(|(place, task)| row_of(place, list, task))
        .collect::<anyhow::Result<_>>()?;
    for chunk in rows.chunks(500) {
        row::Entity::insert_many(chunk.iter().cloned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn row_of(place: i64, list: &str, task: &Json) -> anyhow::Result<row::ActiveModel> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let must = |value: &Json| text(value).context("a text");
    let fields = task["fields"].as_array().context("the fields")?;
    let data: serde_json::Map<String, Json> = fields
        .iter()
        .map(|field| Ok((must(&field["name"])?, field["value"].clone())))
        .collect::<anyhow::Result<_>>()?;
    Ok(row::ActiveModel {
        place: Set(place),
        list: Set(list.to_owned()),
        id: Set(must(&task["id"])?),
        name: Set(must(&task["name"])?),
        state: Set(must(&task["state"])?),
        priority: Set(i32::try_from(
            task["priority"].as_i64().context("a priority")?,
        )?),
        due_at: Set(text(&task["dueAt"])),
        assignee: Set(text(&task["assignee"]["name"])),
        process_key: Set(must(&task["process"]["key"])?),
        process_name: Set(text(&task["process"]["name"])),
        data: Set(Json::Object(data).to_string()),
    })
}

type Twin = Schema<Query, EmptyMutation, EmptySubscription>;

async fn answer(State(schema): State<Twin>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = schema.execute(request).await;
    match serde_json::to_vec(&answer) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

struct Query;

#[Object]
impl Query {
    async fn worklist(&self, id: ID) -> Option<Worklist> {
        Some(Worklist(id))
    }
}

struct Worklist(ID);

#[Object]
impl Worklist {
    async fn tasks(
        &self,
        ctx: &async_graphql::Context<'_>,
        first: u32,
        after: Option<String>,
    ) -> async_graphql::Result<Connection> {
        let db = ctx.data::<DatabaseConnection>()?;
        let after = after.map_or(Ok(-1), |after| after.parse::<i64>())?;
        // One more than the page holds, to know whether others follow.
        let mut rows = row::Entity::find()
            .filter(row::Column::List.eq(self.0.as_str()))
            .filter(row::Column::Place.gt(after))
            .order_by_asc(row::Column::Place)
            .limit(u64::from(first) + 1)
            .all(db)
            .await?;
        rows.truncate(first as usize);
        Ok(Connection(rows))
    }
}

struct Connection(Vec<row::Model>);

#[Object]
impl Connection {
    async fn nodes(&self) -> Vec<Task<'_>> {
        self.0.iter().map(Task).collect()
    }
}

struct Task<'a>(&'a row::Model);

#[Object]
impl Task<'_> {
    async fn id(&self) -> &str {
        &self.0.id
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn state(&self) -> &str {
        &self.0.state
    }

    async fn priority(&self) -> i32 {
        self.0.priority
    }

    async fn due_at(&self) -> Option<&str> {
        self.0.due_at.as_deref()
    }

    async fn assignee(&self) -> Option<User> {
        let name = self.0.assignee.clone()?;
        Some(User { name })
    }

    async fn process(&self) -> Process {
        Process {
            key: self.0.process_key.clone(),
            name: self.0.process_name.clone(),
        }
    }

    async fn fields(&self, names: Option<Vec<String>>) -> async_graphql::Result<Vec<Field>> {
        let data: serde_json::Map<String, Json> = serde_json::from_str(&self.0.data)?;
        let wanted = |name: &String| names.as_ref().is_none_or(|names| names.contains(name));
        Ok(data
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| Field {
                name,
                value,
                visibility: "CLEAR",
            })
            .collect())
    }
}

#[derive(SimpleObject)]
struct User {
    name: String,
}

#[derive(SimpleObject)]
struct Process {
    key: String,
    name: Option<String>,
}

#[derive(SimpleObject)]
struct Field {
    name: String,
    value: Json,
    visibility: &'static str,
}
