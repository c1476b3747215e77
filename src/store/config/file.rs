//! A settings file: flat TOML, every complaint with its line.

use super::{Key, Origin, Setting};
use crate::store::Error;
use fs_err as fs;
use std::{ops::Range, path::Path, str::FromStr};
use toml::de::{DeTable, DeValue};

/// Reads the settings of one file, in the file's order of keys.
pub(super) fn read(path: &Path) -> Result<Vec<(Key, Setting)>, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    let line_of = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
    let complain = |span: Range<usize>, what: String, hint: String| Error::Config {
        place: format!("{}:{}", path.display(), line_of(span)),
        what,
        hint,
    };
    let table = DeTable::parse(&text)
        .map_err(|e| complain(e.span().unwrap_or_default(), e.message().to_owned(), "the file is TOML".into()))?;
    let mut settings = Vec::new();
    for (name, value) in table.get_ref() {
        let key = Key::from_str(name.get_ref())
            .map_err(|near| complain(name.span(), format!("unknown setting `{}`", name.get_ref()), known(near)))?;
        let plain = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => {
                let what = format!("`{key}` is neither text nor a number");
                return Err(complain(value.span(), what, format!("write {key} = \"…\"")));
            }
        };
        key.check(&plain).map_err(|expected| {
            complain(value.span(), format!("`{plain}` is no {key}"), format!("{key} is {expected}"))
        })?;
        let value_text = if key.is_path(&plain) {
            let folder = path.parent().unwrap_or(Path::new(""));
            folder.join(&plain).display().to_string()
        } else {
            plain
        };
        let origin = Origin::File { path: path.to_owned(), line: line_of(name.span()) };
        settings.push((key, Setting { value: value_text, origin }));
    }
    Ok(settings)
}

fn known(near: Option<&str>) -> String {
    near.map_or_else(
        || format!("known are {}", Key::ALL.map(Key::name).join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}
