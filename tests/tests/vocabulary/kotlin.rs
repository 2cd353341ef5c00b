//! The words of Kotlin: enumerations whose constants know their numbers.

use std::fmt::Write as _;

use glueberry_core::ErrorCode;
use glueberry_core::embed::vocabulary;

use super::{ORIGIN, meaning, upper_snake};

pub(crate) const PATH: &str =
    "bindings/uniffi/kotlin/src/main/kotlin/io/github/blockberries/glueberry/Vocabulary.kt";

pub(crate) fn text() -> String {
    let mut text = format!("// {ORIGIN}\n\npackage io.github.blockberries.glueberry\n");
    for (enumeration, words) in vocabulary() {
        if enumeration == "ErrorCode" {
            text += &errors();
            continue;
        }
        let name = if enumeration == "EventName" { "EventKind" } else { enumeration };
        writeln!(text, "\n/** {} */\npublic enum class {name}(", meaning(enumeration)).unwrap();
        text += "    /** The same in every language, and in every version. */\n";
        text += "    public val number: Int,\n) {\n";
        for (word, number) in words {
            writeln!(text, "    {}({number}),", upper_snake(word)).unwrap();
        }
        text += "}\n";
    }
    text
}

/// Errors know more of themselves.
fn errors() -> String {
    let mut text = format!("\n/** {} */\npublic enum class ErrorCode(\n", meaning("ErrorCode"));
    text += "    /** The same in every language, and in every version. */\n";
    text += "    public val number: Int,\n";
    text += "    /** How it is written in the documentation. */\n    public val title: String,\n";
    text += "    /** Where the remedy lies. */\n    public val errorClass: ErrorClass,\n";
    text += "    /** Whether the same call may succeed later without any change. */\n";
    text += "    public val retriable: Boolean,\n";
    text += "    /** What to do about it. */\n    public val hint: String,\n) {\n";
    for code in ErrorCode::ALL {
        let (constant, class) = (upper_snake(code.name()), upper_snake(&class_of(*code)));
        writeln!(text, "    {constant}(").unwrap();
        writeln!(text, "        {}, {:?},", code.number(), code.name()).unwrap();
        writeln!(text, "        ErrorClass.{class}, {},", code.is_retriable()).unwrap();
        writeln!(text, "        {},\n    ),", quoted(code.hint())).unwrap();
    }
    text + "}\n"
}

fn class_of(code: ErrorCode) -> String {
    super::upper_camel(code.class().name())
}

/// Kotlin fills in what follows a dollar sign.
fn quoted(text: &str) -> String {
    format!("{text:?}").replace('$', "\\$")
}
