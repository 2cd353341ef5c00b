//! Leaves in a process of their own, driven by lines of JSON.

use std::process::Stdio;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, stdin};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::crowd::{Crowd, Here, Leaf};
use super::figures::{Connected, Load};
use super::part::{Part, Role};
use crate::report;

#[derive(Serialize, Deserialize)]
enum Order {
    Connect { hub: String },
    Greet,
    Receive { payload: u32 },
}

/// They live in another process.
pub(super) struct There {
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    // It is killed with this.
    _child: Child,
}

impl There {
    async fn ask<T: DeserializeOwned>(&mut self, order: Order) -> T {
        let mut line = serde_json::to_vec(&order).expect("plain data becomes JSON");
        line.push(b'\n');
        self.orders.write_all(&line).await.expect("the leaves listen");
        self.answer().await
    }

    async fn answer<T: DeserializeOwned>(&mut self) -> T {
        let answer = self.answers.next_line().await.expect("the leaves speak UTF-8");
        let answer = answer.expect("the leaves live as long as they are needed");
        serde_json::from_str(&answer).expect("this program wrote it")
    }
}

impl Crowd for There {
    async fn gather(part: &Part) -> Self {
        let part = Part { role: Role::Leaves, ..part.clone() };
        let child = part.command().stdin(Stdio::piped()).spawn();
        let mut child = child.expect("this program starts again");
        let orders = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut there = Self { orders, answers, _child: child };
        there.answer::<()>().await;
        there
    }

    async fn connect(&mut self, hub: &str) -> Connected {
        self.ask(Order::Connect { hub: hub.to_owned() }).await
    }

    async fn greet(&mut self) {
        self.ask::<()>(Order::Greet).await;
    }

    async fn receive(&mut self, payload: u32) -> Load {
        self.ask(Order::Receive { payload }).await
    }
}

/// Does what the process that started this one says, until it says no more.
pub(super) async fn obey<L: Leaf>(part: &Part) {
    let mut crowd = Here::<L>::gather(part).await;
    report::print(&());
    let mut orders = BufReader::new(stdin()).lines();
    while let Some(order) = orders.next_line().await.expect("orders are UTF-8") {
        match serde_json::from_str(&order).expect("this program wrote it") {
            Order::Connect { hub } => report::print(&crowd.connect(&hub).await),
            Order::Greet => report::print(&crowd.greet().await),
            Order::Receive { payload } => report::print(&crowd.receive(payload).await),
        }
    }
}
