//! A settings file: flat TOML but for the table of base URLs, every complaint with its line.

use super::{Address, Key, Origin, Setting, address};
use crate::store::Error;
use fs_err as fs;
use std::{collections::BTreeMap, ops::Range, path::Path, str::FromStr};
use toml::de::{DeTable, DeValue};

/// What a file says.
pub(super) struct File {
    /// In the file's order of keys.
    pub(super) settings: Vec<(Key, Setting)>,
    /// Base URLs by the provider's id.
    pub(super) addresses: BTreeMap<String, Address>,
}

/// Reads one file.
pub(super) fn read(path: &Path) -> Result<File, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    let line_of = |span: Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
    let complain = |span: Range<usize>, what: String, hint: String| Error::Config {
        place: format!("{}:{}", path.display(), line_of(span)),
        what,
        hint,
    };
    let table = DeTable::parse(&text)
        .map_err(|e| complain(e.span().unwrap_or_default(), e.message().to_owned(), "the file is TOML".into()))?;
    let (mut settings, mut addresses) = (Vec::new(), BTreeMap::new());
    for (name, value) in table.get_ref() {
        if name.get_ref() == address::TABLE {
            let shape = || format!("write [{}] and, below it, ID = \"https://…\"", address::TABLE);
            let DeValue::Table(urls) = value.get_ref() else {
                return Err(complain(value.span(), format!("`{}` is no table", address::TABLE), shape()));
            };
            for (id, url) in urls {
                let DeValue::String(text) = url.get_ref() else {
                    return Err(complain(
                        url.span(),
                        format!("the base URL of `{}` is no text", id.get_ref()),
                        shape(),
                    ));
                };
                let origin = Origin::File { path: path.to_owned(), line: line_of(id.span()) };
                addresses.insert(id.get_ref().to_string(), Address { url: text.to_string(), origin });
            }
            continue;
        }
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
    Ok(File { settings, addresses })
}

fn known(near: Option<&str>) -> String {
    near.map_or_else(
        || format!("known are {}", Key::ALL.map(Key::name).join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}
