//! Pictures on their way to a provider: told apart by their bytes, checked against its limits, encoded as it likes.

use super::{
    schema::{Encoding, PictureRules},
    slot::Misfit,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::sync::Arc;

/// First bytes and media type without `image/` (the formats' own specifications).
const MAGIC: [(&[u8], &str); 7] = [
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"RIFF", "webp"),
];

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// One that lies on the web.
    Url(String),
    /// One that we have.
    Bytes {
        /// Name of the file.
        name: String,
        /// The file.
        bytes: Arc<[u8]>,
        /// Width and height in pixels.
        size: [u32; 2],
    },
}

impl Picture {
    /// `image/png` and so on; of a picture on the web, unknown.
    pub fn mime(&self) -> Option<String> {
        let Self::Bytes { bytes, .. } = self else { return None };
        let found = MAGIC.iter().find(|(start, _)| bytes.starts_with(start));
        found.map(|(_, format)| format!("image/{format}"))
    }

    /// Whether the provider takes it.
    pub fn check(&self, rules: &PictureRules) -> Result<(), Misfit> {
        let misfit = |what: String| Err(Misfit(what));
        let Self::Bytes { bytes, size: [width, height], .. } = self else {
            return match rules.send {
                Encoding::Base64 | Encoding::File => misfit("it takes pictures as files, not as links".into()),
                _ => Ok(()),
            };
        };
        if rules.send == Encoding::Url {
            return misfit("it takes pictures by public link only, and holdstill does not publish yours".into());
        }
        let mime = self.mime().unwrap_or_default();
        if !rules.formats.iter().any(|format| mime.strip_prefix("image/") == Some(format)) {
            let known = mime.strip_prefix("image/").unwrap_or("an unknown format");
            return misfit(format!("the still is {known}; it takes {}", rules.formats.join(", ")));
        }
        if bytes.len() as u64 > rules.max_bytes {
            let megabytes = |count: u64| count as f64 / 1e6;
            let (has, may) = (megabytes(bytes.len() as u64), megabytes(rules.max_bytes));
            return misfit(format!("the still has {has:.1} MB; it takes up to {may:.1} MB"));
        }
        if rules.opaque && has_opacity(bytes) {
            return misfit("the still has a channel of opacity; it takes PNG without one: flatten it first".into());
        }
        if let Some([least, most]) = rules.sides
            && (*width.min(height) < least || *width.max(height) > most)
        {
            return misfit(format!("the still is {width}×{height}; it takes sides of {least} to {most} pixels"));
        }
        let aspect = f64::from(*width) / f64::from((*height).max(1));
        match rules.aspect {
            Some([least, most]) if !(least..=most).contains(&aspect) => misfit(format!(
                "the still is {width}×{height}; it takes widths of {least:.2} to {most:.2} times the height"
            )),
            _ => Ok(()),
        }
    }

    /// Whether it is uploaded before it is referred to.
    pub fn is_uploaded(&self, rules: &PictureRules) -> bool {
        let Self::Bytes { bytes, .. } = self else { return false };
        rules.send == Encoding::Upload || rules.max_inline_bytes.is_some_and(|most| bytes.len() as u64 > most)
    }

    /// The text that stands for it in a body; `None` where it travels as a file.
    pub fn inline(&self, send: Encoding) -> Option<String> {
        match (self, send) {
            (Self::Url(url), _) => Some(url.clone()),
            (Self::Bytes { bytes, .. }, Encoding::Base64) => Some(BASE64_STANDARD.encode(bytes)),
            (Self::Bytes { bytes, .. }, Encoding::DataUri) => {
                Some(format!("data:{};base64,{}", self.mime()?, BASE64_STANDARD.encode(bytes)))
            }
            (Self::Bytes { .. }, _) => None,
        }
    }
}

/// Whether a PNG has a channel of opacity, or a colour that stands for transparency (PNG, third edition, 11.2.1 and 11.3.1.1).
fn has_opacity(png: &[u8]) -> bool {
    /// Place of the colour type in the header.
    const COLOUR_TYPE: usize = 25;
    let header = png.windows(4).position(|chunk| chunk == b"IDAT").unwrap_or(png.len());
    png.starts_with(MAGIC[0].0)
        && (png.get(COLOUR_TYPE).is_some_and(|kind| [4, 6].contains(kind))
            || png[..header].windows(4).any(|chunk| chunk == b"tRNS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(start: &[u8], size: [u32; 2]) -> Picture {
        Picture::Bytes { name: "a".into(), bytes: start.into(), size }
    }

    fn rules(send: Encoding) -> PictureRules {
        PictureRules {
            send,
            formats: vec!["png".into()],
            max_bytes: 10,
            max_inline_bytes: Some(8),
            opaque: false,
            sides: Some([10, 100]),
            aspect: Some([0.5, 2.0]),
        }
    }

    #[test]
    fn limits_are_checked_before_anything_is_sent() {
        let png = MAGIC[0].0;
        let reason = |picture: Picture| picture.check(&rules(Encoding::DataUri)).err().map(|misfit| misfit.0);
        assert_eq!(reason(picture(png, [20, 20])), None);
        for (picture, word) in [
            (picture(b"\xff\xd8\xff", [20, 20]), "jpeg"),
            (picture(b"hello", [20, 20]), "unknown format"),
            (picture(&[png, b"123"].concat(), [20, 20]), "MB"),
            (picture(png, [9, 18]), "sides"),
            (picture(png, [99, 101]), "sides"),
            (picture(png, [90, 20]), "times the height"),
        ] {
            assert!(reason(picture).unwrap().contains(word), "{word}");
        }
        assert!(picture(png, [20, 20]).check(&rules(Encoding::Url)).is_err());
    }

    #[test]
    fn a_channel_of_opacity_is_told_where_there_may_be_none() {
        let png = |kind: image::ExtendedColorType, bytes: usize| {
            let mut file = Vec::new();
            let encoder = image::codecs::png::PngEncoder::new(&mut file);
            image::ImageEncoder::write_image(encoder, &vec![255; 400 * bytes], 20, 20, kind).unwrap();
            picture(&file, [20, 20])
        };
        let rules = PictureRules { max_bytes: 10_000, opaque: true, ..rules(Encoding::DataUri) };
        assert_eq!(png(image::ExtendedColorType::Rgb8, 3).check(&rules).err().map(|misfit| misfit.0), None);
        for clear in [png(image::ExtendedColorType::Rgba8, 4), png(image::ExtendedColorType::La8, 2)] {
            assert!(clear.check(&rules).unwrap_err().0.contains("opacity"));
            assert!(clear.check(&PictureRules { opaque: false, ..rules.clone() }).is_ok());
        }
    }

    #[test]
    fn the_type_comes_from_the_bytes() {
        let jpeg = picture(b"\xff\xd8\xff", [20, 20]);
        assert_eq!(jpeg.inline(Encoding::DataUri).as_deref(), Some("data:image/jpeg;base64,/9j/"));
        assert_eq!(jpeg.inline(Encoding::Base64).as_deref(), Some("/9j/"));
        assert_eq!(jpeg.inline(Encoding::File), None);
        assert!(!jpeg.is_uploaded(&rules(Encoding::DataUri)));
        assert!(picture(&[0; 9], [1, 1]).is_uploaded(&rules(Encoding::DataUri)));
    }
}
