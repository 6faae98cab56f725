//! `docs/configuration.md`, written from the table of keys. Adds no setting of its own.

use std::fmt::Write as _;

use super::keys::{KEYS, Key, REPLACED};

const HEAD: &str = "# Configuration

Generated from the table of settings; `UPDATE_DOCS=1 cargo test --test docs` writes it anew.

A flag (`--set key=value`, and shorter ones for common keys) wins over a variable, a variable over the file (`--config FILE`,
YAML), the file over the default. `config check` tells every mistake at once; `config show` prints what is in force and who
said it, without secrets, as a file that can be used again. An empty variable counts as not set.

In the file, keys may be nested or written with dots. A secret may stand in a file of its own: `<key>_file` in YAML,
`<VARIABLE>_FILE` in the environment; `secrets` takes several, as a list or one per line of its file.

The variables of apps and accounts make one of each (or change the only one in the file). Durations are written `250ms`,
`10s`, `5m`, `24h`, `7d`; sizes `64KiB`, `3MiB`.

`kafka.properties.<name>` (`KAFKA_PROPERTIES_<NAME>`, dots as underscores) goes to librdkafka as it stands, for security
above all: `kafka.properties.security.protocol`. Properties that order and exactly-once delivery depend on are refused.
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        let own = key.path.split(['.', '[']).next().unwrap_or_default();
        if own != section {
            section = own;
            let _ = write!(text, "\n## {section}\n\n| key | variable | default | meaning |\n|---|---|---|---|\n");
        }
        row(&mut text, key);
    }
    text.push_str(
        "\n## Replaced\n\nSet, these are named once at the start and do nothing.\n\n| variable | now |\n|---|---|\n",
    );
    for (name, instead) in REPLACED {
        let _ = writeln!(text, "| `{name}` | {instead} |");
    }
    text
}

fn row(text: &mut String, key: &Key) {
    let variables: Vec<String> = key.variables().iter().map(|name| format!("`{name}`")).collect();
    let default = key.default.map_or(String::new(), |default| format!("`{default}`"));
    let secret = if key.kind.is_secret() { " (secret)" } else { "" };
    let meaning = key.meaning;
    let _ = writeln!(text, "| `{}`{secret} | {} | {default} | {meaning} |", key.path, variables.join(", "));
}
