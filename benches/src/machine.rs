//! What the figures were measured on.

use serde::Serialize;

/// The first line of the output.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    bench: &'static str,
    version: &'static str,
    cpu: String,
    /// Whether the processor has AES instructions: the ciphers decide most figures.
    aes: bool,
    /// Cores that this program may use.
    cores: usize,
    os: &'static str,
    arch: &'static str,
    seconds_per_measurement: f64,
}

impl Machine {
    /// Asks the machine. What it does not say is `unknown`.
    pub(crate) fn look(seconds_per_measurement: f64) -> Self {
        // There is no such file but on Linux.
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            bench: "machine",
            version: env!("CARGO_PKG_VERSION"),
            cpu: field(&cpuinfo, "model name").unwrap_or("unknown").to_owned(),
            aes: ["flags", "Features"]
                .iter()
                .filter_map(|name| field(&cpuinfo, name))
                .any(|flags| flags.split(' ').any(|flag| flag == "aes")),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            seconds_per_measurement,
        }
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "model\t\t: 1\nmodel name\t: Some CPU @ 2:1\n";
        assert_eq!(field(text, "model name"), Some("Some CPU @ 2:1"));
        assert_eq!(field(text, "flags"), None);
    }
}
