//! Forms with a file (RFC 7578). The boundary comes from the content: the same form has the same bytes.

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
    file: File,
}

/// The file of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name of the field.
    pub field: String,
    /// Name of the file.
    pub name: String,
    /// Media type.
    pub mime: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Form {
    /// A form with its text fields before the file, as object stores demand.
    pub fn new(fields: Vec<(String, String)>, file: File) -> Self {
        Self { fields, file }
    }

    /// The text fields.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The content type with its boundary.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary())
    }

    /// The body.
    pub fn bytes(&self) -> Vec<u8> {
        let boundary = self.boundary();
        let mut bytes = Vec::new();
        for (name, value) in &self.fields {
            let name = quoted(name);
            let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            bytes.extend(part.as_bytes());
        }
        let File { field, name, mime, bytes: content } = &self.file;
        let (field, name) = (quoted(field), quoted(name));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: {mime}\r\n\r\n"
        );
        bytes.extend(head.as_bytes());
        bytes.extend(content);
        bytes.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
        bytes
    }

    /// 128 bits of a hash over everything: no content holds its own hash by accident.
    fn boundary(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, value) in &self.fields {
            hasher.update(name.as_bytes()).update(b"=").update(value.as_bytes()).update(b"\n");
        }
        hasher.update(&self.file.bytes);
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Names inside quotes (RFC 7578, section 4.2, as browsers do it).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_standard_says() {
        let file = File { field: "f".into(), name: "a\".png".into(), mime: "image/png".into(), bytes: vec![0, 255] };
        let form = Form::new(vec![("k".into(), "v".into())], file);
        let boundary = form.content_type().strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
        let mut expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"f\"; filename=\"a%22.png\"\r\nContent-Type: image/png\r\n\r\n"
        )
        .into_bytes();
        expected.extend([0, 255]);
        expected.extend(format!("\r\n--{boundary}--\r\n").bytes());
        assert_eq!(form.bytes(), expected);
    }
}
