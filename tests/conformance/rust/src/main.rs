//! The driver of Rust for the conformance tests: `../../README.md` says what it obeys.

mod answer;
mod arguments;
mod background;
mod calls;
mod payload;
mod queues;
mod settings;
mod told;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use answer::{Answer, Outcome};
use arguments::Arguments;
use background::Background;
use calls::Calls;

/// All crates of the workspace have one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[tokio::main]
async fn main() {
    let mut driver = Driver::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let command: Value = serde_json::from_str(&line).unwrap_or_default();
        let id = command["id"].clone();
        let answer = driver.obey(Arguments::new(command)).await;
        println!("{}", answer.unwrap_or_else(|trouble| trouble).told(&id));
    }
}

/// One node at a time, what it gives, and the calls in the background.
#[derive(Default)]
struct Driver {
    calls: Option<Arc<Calls>>,
    background: Background,
}

impl Driver {
    async fn obey(&mut self, command: Arguments) -> Outcome {
        match command.text("do")? {
            "hello" => Ok(Answer::with(json!({ "language": "rust", "version": VERSION }))),
            "start" => self.start(&command).await,
            "begin" => {
                let call = Arguments::new(command.value("call")?.clone());
                let calls = Arc::clone(self.calls()?);
                self.background.begin(command.text("tag")?, calls, call).await
            }
            "await" => self.background.wait(command.text("tag")?, command.within()?).await,
            "cancel" => self.background.cancel(command.text("tag")?).await,
            _ => Arc::clone(self.calls()?).call(command).await,
        }
    }

    async fn start(&mut self, command: &Arguments) -> Outcome {
        let builder = settings::builder(command.text("seed")?, command.value("settings")?)?;
        let node = builder.start().await?;
        let answer = Answer::with(told::start(&node));
        self.calls = Some(Arc::new(Calls::new(node)));
        Ok(answer)
    }

    fn calls(&self) -> Result<&Arc<Calls>, Answer> {
        self.calls.as_ref().ok_or_else(|| Answer::fault("no node was started"))
    }
}
