//! Which hosts a provider may have, and which ones its answers may send us to.

use super::{render::Site, schema::Recipe, wire::shown};
use crate::{provider::Error, store::config::base_variable};
use std::net::{IpAddr, Ipv6Addr};
use url::{Host, Url};

/// Whether a text may be a base URL: https, or plain http on this machine.
///
/// # Errors
/// Says why not.
pub(in crate::provider) fn check_base(text: &str) -> Result<Url, String> {
    let url = parse_url(text)?;
    match url.scheme() {
        _ if url.host().is_none() => Err(format!("`{text}` names no host")),
        _ if url.query().is_some() || !url.username().is_empty() => Err("a base URL has neither query nor user".into()),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(format!("`{}` is not https, and not on this machine", shown(&url))),
    }
}

impl Recipe {
    /// The variable that names another base URL, for gateways, proxies and servers of one's own.
    pub fn base_variable(&self) -> String {
        base_variable(&self.id)
    }

    /// Where and as whom the provider is reached. `env` reads the environment.
    ///
    /// # Errors
    /// Where no key is set, or another base URL is that may not be.
    pub fn site(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Site, Error> {
        let variable = self.base_variable();
        let other = env(&variable).filter(|text| !text.is_empty());
        let base = check_base(other.as_deref().unwrap_or(&self.base_url)).map_err(|what| Error::Unsuitable {
            provider: self.id.clone(),
            what: if other.is_some() { format!("{variable}, or [base_url] in the settings: {what}") } else { what },
            hint: "give https://…, or http:// on this machine".into(),
        })?;
        let now_secs = jiff::Timestamp::now().as_second();
        let credential = self.auth.iter().find_map(|auth| auth.credential(env, now_secs));
        if credential.is_none() && !self.auth.is_empty() {
            let ways = self.auth.iter().map(|auth| auth.variables().join(" or "));
            return Err(Error::NoKey { provider: self.id.clone(), variables: ways.collect::<Vec<_>>().join(", or ") });
        }
        Ok(Site { base, credential })
    }
}

impl Site {
    /// Whether the provider is on this machine or in this network.
    pub fn is_private(&self) -> bool {
        is_private(&self.base)
    }

    /// Whether an answer may send us there for a clip: https and public, unless the provider itself is on this machine
    /// or in this network.
    ///
    /// # Errors
    /// Says why not.
    pub fn check_result(&self, text: &str) -> Result<Url, String> {
        let url = parse_url(text).map_err(|_| "the address of what it made is no web address".to_owned())?;
        if is_private(&self.base) && ["http", "https"].contains(&url.scheme()) && (is_private(&url) || self.owns(&url))
        {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(format!("what it made is offered at {}, which is not https", shown(&url)));
        }
        if is_private(&url) {
            return Err(format!("what it made is offered at {}, inside a private network", shown(&url)));
        }
        Ok(url)
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|_| format!("`{text}` is no web address"))
}

/// Whether a host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private_address(ip.into()),
        Some(Host::Ipv6(ip)) => is_private_address(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            is_loopback(url)
                || !name.contains('.')
                || [".local", ".internal", ".lan", ".home.arpa"].iter().any(|end| name.ends_with(end))
        }
        None => true,
    }
}

/// Addresses that are not on the public internet (RFC 6890, RFC 4193, RFC 6598).
pub(in crate::provider) fn is_private_address(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || a == 0
                || a >= 240
                || is_shared
        }
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| is_private_v6(ip), |ip| is_private_address(ip.into())),
    }
}

const fn is_private_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    let is_local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
    ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || is_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for fine in ["https://api.example/v1", "http://127.0.0.1:9", "http://localhost:9/x", "http://[::1]:9"] {
            assert!(check_base(fine).is_ok(), "{fine}");
        }
        for bad in
            ["http://api.example", "ftp://x.example", "nonsense", "https://u@api.example", "https://x.example/?a=b"]
        {
            assert!(check_base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_provider_cannot_send_us_into_the_private_network() {
        let site = |base: &str| Site { base: check_base(base).unwrap(), credential: None };
        let public = site("https://api.example");
        assert!(public.check_result("https://cdn.example/o.mp4?sig=1").is_ok());
        for bad in [
            "http://cdn.example/o.mp4",
            "https://localhost/o",
            "https://10.0.0.1/o",
            "https://169.254.169.254/o",
            "https://[::ffff:192.168.0.1]/o",
            "https://[fd00::1]/o",
            "https://printer/o",
            "https://nas.local./o",
            "file:///etc/passwd",
            "https://0.0.0.0/",
        ] {
            assert!(public.check_result(bad).is_err(), "{bad}");
        }
        let own = site("http://127.0.0.1:8188");
        assert!(own.check_result("http://127.0.0.1:9/o").is_ok());
        assert!(own.check_result("https://cdn.example/o").is_ok());
        assert!(own.check_result("http://cdn.example/o").is_err());
    }
}
