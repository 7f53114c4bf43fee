//! The rows as SeaORM entities: one module per table, the columns as in `migrate`. What is sealed is bytes here; `row`
//! opens and closes it.

pub mod tenant {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "tenants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod process {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "processes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub key: String,
        pub version: i32,
        pub state: i16,
        pub clauses: i16,
        pub denials: i16,
        pub uploaded_at: i64,
        pub published_at: Option<i64>,
        pub body: Vec<u8>,
        pub model: Vec<u8>,
        pub upload: Option<Uuid>,
        pub version_tag: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod instance {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "instances")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub process_id: Uuid,
        pub process_key: String,
        pub state: i16,
        pub revision: i64,
        pub started_at: i64,
        pub ended_at: Option<i64>,
        pub key_id: Uuid,
        pub business_key: Option<Uuid>,
        pub initiator: Uuid,
        pub clauses: i16,
        pub denials: i16,
        pub open_tasks: i32,
        pub incidents: i32,
        pub body: Vec<u8>,
        pub data: Vec<u8>,
        pub ended_by: Option<Vec<u8>>,
        pub ended_reason: Option<Vec<u8>>,
        pub parent: Option<Uuid>,
        pub held: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod task {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "tasks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub instance_id: Uuid,
        pub process_id: Uuid,
        pub process_key: String,
        pub element_id: String,
        pub key_id: Uuid,
        pub state: i16,
        pub open: bool,
        pub assignee: Option<Uuid>,
        pub owner: Option<Uuid>,
        pub initiator: Uuid,
        pub priority: i64,
        pub created_at: i64,
        pub due_at: Option<i64>,
        pub follow_up_at: Option<i64>,
        pub revision: i64,
        pub clauses: i16,
        pub denials: i16,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod access_entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "access_entries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub object_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub slot: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub principal: Uuid,
        pub tenant_id: Uuid,
        pub created_at: i64,
        pub due_at: i64,
        pub priority: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod timer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "timers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub instance_id: Uuid,
        pub due_at: i64,
        pub tries: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod work {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "work")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub work_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub queue: Uuid,
        pub tenant_id: Uuid,
        pub instance_id: Uuid,
        pub priority: i64,
        pub free_at: i64,
        pub holder: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod journal {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "journal")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub tenant_id: Uuid,
        pub at: i64,
        pub instance_id: Uuid,
        pub revision: i64,
        pub key_id: Uuid,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod history {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "history")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub instance_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub first: i64,
        pub last: i64,
        pub tenant_id: Uuid,
        pub key_id: Uuid,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod comment {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "comments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub task_id: Uuid,
        pub instance_id: Uuid,
        pub key_id: Uuid,
        pub at: i64,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod calendar {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "calendars")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod schedule {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "schedules")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub process_id: Uuid,
        pub due_at: i64,
        pub tries: i32,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod idempotency {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: Uuid,
        pub created_at: i64,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod wait {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "waits")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub instance_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub correlation: Uuid,
        pub tenant_id: Uuid,
        pub since: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod beginning {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "beginnings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub process_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: Uuid,
        pub tenant_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod effect {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "effects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub created_at: i64,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod delivery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub effect_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub target: Uuid,
        pub recipient: i16,
        pub tenant_id: Uuid,
        pub due_at: i64,
        pub tries: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod suspension {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "suspensions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub process_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod suspension_entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "suspension_log")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub process_key: String,
        pub at: i64,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod decision_file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "decision_files")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub source: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod decision {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "decisions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub tenant_id: Uuid,
        pub file_id: Uuid,
        pub key: String,
        pub version: i32,
        pub version_tag: Option<Uuid>,
        pub state: i16,
        pub uploaded_at: i64,
        pub published_at: Option<i64>,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
