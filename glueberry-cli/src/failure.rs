//! Why a command failed: an error of the library's, or one of the command line's own with a code
//! from the same table.

use glueberry_core::{Error, ErrorCode, PeerId, StreamName};

/// What the `error` event says.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
    pub(crate) peer: Option<PeerId>,
    pub(crate) stream: Option<StreamName>,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: code.hint(), peer: None, stream: None }
    }

    /// Something on the command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { hint: USAGE_HINT, ..Self::new(ErrorCode::InvalidConfig, message) }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }

    pub(crate) fn at_peer(self, peer: PeerId) -> Self {
        Self { peer: Some(peer), ..self }
    }

    pub(crate) fn at_stream(self, stream: StreamName) -> Self {
        Self { stream: Some(stream), ..self }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            peer: error.peer(),
            stream: error.stream().cloned(),
        }
    }
}

impl From<&clap::Error> for Failure {
    fn from(refusal: &clap::Error) -> Self {
        if refusal.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::usage("no command was given");
        }
        let rendered = refusal.to_string();
        // What follows the first empty line is advice, which the hint gives.
        let lines = rendered.lines().take_while(|line| !line.trim().is_empty());
        let message = lines.map(str::trim).collect::<Vec<_>>().join(" ");
        Self::usage(message.strip_prefix("error: ").unwrap_or(&message))
    }
}

const USAGE_HINT: &str =
    "`glueberry-cli --help` lists the commands, `glueberry-cli COMMAND --help` what each takes.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Args;

    fn refusal_of(args: &[&str]) -> Failure {
        let whole = std::iter::once("glueberry-cli").chain(args.iter().copied());
        Failure::from(&Args::try_parse_from(whole).unwrap_err())
    }

    #[test]
    fn wrong_arguments_are_told_in_one_line() {
        let unknown = refusal_of(&["id", "--kye", "key.pem"]);
        assert_eq!(unknown.code, ErrorCode::InvalidConfig);
        assert!(unknown.message.starts_with("unexpected argument '--kye'"), "{}", unknown.message);
        let missing = refusal_of(&["send", "--peer", "x"]);
        assert!(missing.message.contains("--stream"), "{}", missing.message);
        assert!(!missing.message.contains('\n'));
        assert_eq!(refusal_of(&[]).message, "no command was given");
    }
}
