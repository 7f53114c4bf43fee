//! A client that costs next to nothing: one connection, blocking, on a thread outside of the server's runtime. What it
//! does not spend is not measured as the server's.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// One connection that is kept alive.
pub struct Client {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Client {
    /// Connects, and shows this token with each request.
    pub fn connect(addr: SocketAddr, token: &str) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {addr}\r\ncontent-type: application/json\r\naccept: application/json\r\nauthorization: Bearer {token}\r\ncontent-length: "
        );
        Ok(Client {
            stream,
            head,
            answer: Vec::new(),
        })
    }

    /// Sends a body and gives the answer's.
    pub fn post(&mut self, body: &str) -> anyhow::Result<&[u8]> {
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.stream.write_all(request.as_bytes())?;
        self.answer.clear();
        let (begin, length) = loop {
            if let Some(end) = memchr::memmem::find(&self.answer, b"\r\n\r\n") {
                break (end + 4, length(&self.answer[..end])?);
            }
            self.more()?;
        };
        while self.answer.len() < begin + length {
            self.more()?;
        }
        Ok(&self.answer[begin..])
    }

    /// Sends a document that must succeed and gives its data.
    pub fn data(&mut self, document: &str, variables: &Value) -> anyhow::Result<Value> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let mut answer: Value = serde_json::from_slice(self.post(&body)?)?;
        ensure!(answer.get("errors").is_none(), "no errors: {answer}");
        Ok(answer["data"].take())
    }

    fn more(&mut self) -> io::Result<()> {
        let held = self.answer.len();
        self.answer.resize(held + 64 * 1024, 0);
        let read = self.stream.read(&mut self.answer[held..])?;
        self.answer.truncate(held + read);
        match read {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    ensure!(
        head.starts_with("http/1.1 200 "),
        "the server answered {head}"
    );
    let (_, rest) = head
        .split_once("content-length: ")
        .context("the answer says how long it is")?;
    Ok(rest.lines().next().unwrap_or_default().parse()?)
}

/// Requests a second, when all clients send the same body again and again for a while.
pub fn rate(clients: &mut [Client], body: &str, time: Duration) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                scope.spawn(move || {
                    let mut count = 0u32;
                    while begun.elapsed() < time {
                        client.post(body)?;
                        count += 1;
                    }
                    Ok::<_, anyhow::Error>(count)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a client does not panic"))
            .collect::<Result<Vec<u32>, _>>()
    })?;
    Ok(f64::from(counts.iter().sum::<u32>()) / begun.elapsed().as_secs_f64())
}

/// How long each of some requests took, in milliseconds.
pub fn times<'a>(
    client: &mut Client,
    bodies: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Vec<f64>> {
    bodies
        .into_iter()
        .map(|body| {
            let begun = Instant::now();
            client.post(body)?;
            Ok(begun.elapsed().as_secs_f64() * 1e3)
        })
        .collect()
}
