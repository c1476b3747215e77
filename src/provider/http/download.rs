//! Fetching a clip or a still: bounded in bytes and time, gone on with where it broke off, checked before it has its name.

use super::{
    client::{Client, Trouble, words},
    pace::Pace,
};
use crate::{
    media,
    provider::recipe::{Body, HttpRequest, Site, shown},
};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use url::Url;

/// Largest clip in bytes: an hour of 4K.
const LARGEST_CLIP: u64 = 8 << 30;
/// Largest still in bytes: more than a 16-bit PNG of 100 megapixels takes.
const LARGEST_STILL: u64 = 1 << 30;
/// Longest that one connection may take.
const LONGEST: Duration = Duration::from_mins(30);
/// Most times that a download is begun or gone on with.
const TRIES: u32 = 6;
/// Most redirects of one download.
const MOST_REDIRECTS: usize = 4;

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Kind {
    Clip,
    Still,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Still => "still",
        }
    }

    const fn largest(self) -> u64 {
        match self {
            Self::Clip => LARGEST_CLIP,
            Self::Still => LARGEST_STILL,
        }
    }

    /// Where it lies until it is whole.
    fn part_of(self, out: &Path) -> PathBuf {
        out.with_extension(match self {
            Self::Clip => "part.mp4",
            Self::Still => "part.still",
        })
    }

    /// Whether the file can be read as what it should be.
    fn check(self, part: &Path) -> Result<(), media::Error> {
        match self {
            Self::Clip => media::probe(part).map(drop),
            Self::Still => media::load_picture(part).map(drop),
        }
    }

    fn too_large(self) -> Missing {
        let name = self.name();
        Missing::Forbidden(format!("the {name} is larger than any {name} should be"))
    }
}

/// The way to a provider's clips and stills.
pub(in crate::provider) struct Download<'a> {
    pub(in crate::provider) client: &'a Client,
    pub(in crate::provider) site: &'a Site,
    /// Whether the provider's own origin wants the key for them.
    pub(in crate::provider) needs_key: bool,
    pub(in crate::provider) kind: Kind,
}

/// Why there is no clip or still.
pub(in crate::provider) enum Missing {
    /// The address does not work any more; a new one may.
    Expired(String),
    /// It broke; another try may do.
    Broken(String),
    /// It must not be fetched.
    Forbidden(String),
    /// The disk.
    Disk(io::Error),
}

impl Download<'_> {
    /// Fetches what lies at `address` to `out`, which appears only when it is complete and can be read.
    pub(in crate::provider) async fn fetch(
        &self,
        address: &str,
        out: &Path,
        pace: &mut Pace<'_>,
    ) -> Result<(), Missing> {
        let url = self.site.check_result(address).map_err(Missing::Forbidden)?;
        let part = self.kind.part_of(out);
        let _ = std::fs::remove_file(&part);
        let mut what = String::new();
        for tried in 0..TRIES {
            let Ok(fetched) = pace.watch(LONGEST, self.fetch_part(&url, &part)).await else {
                return Err(Missing::Broken("it takes longer than we wait to fetch it".into()));
            };
            match fetched {
                Ok(()) => match self.kind.check(&part) {
                    Ok(()) => return std::fs::rename(&part, out).map_err(Missing::Disk),
                    Err(error) => {
                        let _ = std::fs::remove_file(&part);
                        what = format!("what came is no {}: {error}", self.kind.name());
                    }
                },
                Err(Missing::Broken(why)) => what = why,
                Err(other) => return Err(other),
            }
            if pace.pause(tried, None).await.is_err() {
                break;
            }
        }
        Err(Missing::Broken(what))
    }

    /// One connection: from where the part ends to the end.
    async fn fetch_part(&self, url: &Url, part: &Path) -> Result<(), Missing> {
        let have = std::fs::metadata(part).map_or(0, |file| file.len());
        let mut answer = self.knock(url.clone(), have).await?;
        let mut file = match answer.status().as_u16() {
            206 => OpenOptions::new().append(true).open(part).map_err(Missing::Disk)?,
            // nothing is left to fetch
            416 if have > 0 => return Ok(()),
            _ => File::create(part).map_err(Missing::Disk)?,
        };
        let mut length = if answer.status().as_u16() == 206 { have } else { 0 };
        if answer.content_length().is_some_and(|more| length + more > self.kind.largest()) {
            return Err(self.kind.too_large());
        }
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => {
                    length += chunk.len() as u64;
                    if length > self.kind.largest() {
                        return Err(self.kind.too_large());
                    }
                    file.write_all(&chunk).map_err(Missing::Disk)?;
                }
                Ok(None) => return file.sync_all().map_err(Missing::Disk),
                Err(error) => return Err(Missing::Broken(words(&error))),
            }
        }
    }

    /// The answer that carries the clip; every redirect is checked like the first address.
    async fn knock(&self, mut url: Url, from: u64) -> Result<reqwest::Response, Missing> {
        for _ in 0..=MOST_REDIRECTS {
            let is_own = self.needs_key && self.site.owns(&url);
            let credential = self.site.credential.clone().filter(|_| is_own);
            let request = HttpRequest { method: "GET".into(), url, headers: Vec::new(), credential, body: Body::Empty };
            let answer = self.client.open(&request, from).await.map_err(|trouble| match trouble {
                Trouble::Unreached(what) | Trouble::Lost(what) => Missing::Broken(what),
            })?;
            let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
            match answer.status().as_u16() {
                200 | 206 | 416 => {
                    let kind = header("content-type").unwrap_or_default().to_ascii_lowercase();
                    let is_page =
                        ["text/", "application/json", "application/xml"].iter().any(|no| kind.starts_with(no));
                    return if is_page {
                        Err(Missing::Broken(format!("what came is {kind}, no {}", self.kind.name())))
                    } else {
                        Ok(answer)
                    };
                }
                301 | 302 | 303 | 307 | 308 => {
                    let next = header("location").and_then(|place| request.url.join(place).ok());
                    let next = next.ok_or_else(|| Missing::Broken("a redirect leads nowhere".into()))?;
                    url = self.site.check_result(next.as_str()).map_err(Missing::Forbidden)?;
                }
                status @ (401 | 403 | 404 | 410) => {
                    return Err(Missing::Expired(format!("{} answers HTTP {status}", shown(&request.url))));
                }
                status => return Err(Missing::Broken(format!("{} answers HTTP {status}", shown(&request.url)))),
            }
        }
        Err(Missing::Forbidden("its address leads in circles".into()))
    }
}
