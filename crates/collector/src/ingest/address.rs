//! IP addresses in events: cut to a network before anything is stored.

use std::net::IpAddr;

use super::members::{Members, push_member, text};

/// Names under which clients are known to send an address.
const NAMES: [&str; 7] = ["ip", "$ip", "ipAddress", "ip_address", "request_ip", "requestIP", "remoteAddress"];

/// Whether a member of this name holds an address.
pub(crate) fn is_address_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether the text might hold a member with an address, so that it is worth opening.
pub(crate) fn may_hold_address(json: &str) -> bool {
    NAMES.iter().any(|name| memchr::memmem::find(json.as_bytes(), name.as_bytes()).is_some())
}

/// The address cut to its network: /24 of IPv4, /48 of IPv6. `None` when it is no address.
pub(crate) fn network_of(address: &str) -> Option<String> {
    match address.trim().parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(whole) => {
            let [a, b, c, _] = whole.octets();
            Some(format!("{a}.{b}.{c}.0"))
        }
        IpAddr::V6(whole) => {
            let [a, b, c, ..] = whole.segments();
            Some(std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string())
        }
    }
}

/// The object's text with every address cut, and without members that should be one but are not.
/// `None` when there is nothing to change.
pub(crate) fn without_addresses(object: &str) -> Result<Option<String>, serde_json::Error> {
    if !may_hold_address(object) {
        return Ok(None);
    }
    let members = Members::parse(object)?;
    if !members.0.iter().any(|(name, _)| is_address_name(name)) {
        return Ok(None);
    }
    let mut out = String::with_capacity(object.len());
    out.push('{');
    for (name, value) in &members.0 {
        let cut;
        let written = if is_address_name(name) {
            match text(value).as_deref().and_then(network_of) {
                Some(network) => {
                    cut = format!("\"{network}\"");
                    cut.as_str()
                }
                None => continue,
            }
        } else {
            value.get()
        };
        push_member(&mut out, name, written);
    }
    out.push('}');
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_to_their_network() {
        assert_eq!(network_of("203.0.113.77").as_deref(), Some("203.0.113.0"));
        assert_eq!(network_of("2001:db8:1234:5678::9").as_deref(), Some("2001:db8:1234::"));
        assert_eq!(network_of("::ffff:203.0.113.77").as_deref(), Some("203.0.113.0"));
        assert_eq!(network_of("203.0.113.77, 10.0.0.1"), None);
    }

    #[test]
    fn only_members_with_addresses_change() {
        assert_eq!(
            without_addresses(r#"{"ip":"203.0.113.77","page":{"url":"/"},"$ip":"nonsense"}"#).unwrap().as_deref(),
            Some(r#"{"ip":"203.0.113.0","page":{"url":"/"}}"#)
        );
        assert_eq!(without_addresses(r#"{"tip":"203.0.113.77"}"#).unwrap(), None);
        assert_eq!(without_addresses("{}").unwrap(), None);
    }
}
