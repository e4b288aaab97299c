//! OpenVPN's management interface: what it says about clients, and what it is told.

use std::collections::BTreeMap;

/// What it says of a client, as variables of the environment.
pub type Variables = BTreeMap<String, String>;

/// The number of a client.
pub type Client = u64;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A client's handshake is done, and it waits for an answer.
    Connects { client: Client, key: u64, variables: Variables },
    /// A client that was let in has new keys, and waits for an answer.
    ComesAgain { client: Client, key: u64 },
    /// A client is gone.
    Gone(Client),
    /// How many bytes came from a client, and how many went to it.
    Traffic { client: Client, from: u64, to: u64 },
    /// The server ends.
    Fatal(String),
}

/// Puts lines together.
#[derive(Debug, Default)]
pub struct Reader {
    /// The first line of an event whose variables follow, and these.
    begun: Option<(String, Variables)>,
}

impl Reader {
    /// The event that is complete with a line, if one is.
    pub fn read(&mut self, line: &str) -> Option<Event> {
        if let Some(fatal) = line.strip_prefix(">FATAL:") {
            return Some(Event::Fatal(fatal.to_owned()));
        }
        if let Some(counts) = line.strip_prefix(">BYTECOUNT_CLI:") {
            let mut numbers = counts.split(',').map(|number| number.parse().ok());
            let (client, from, to) = (numbers.next()??, numbers.next()??, numbers.next()??);
            return Some(Event::Traffic { client, from, to });
        }
        let client = line.strip_prefix(">CLIENT:")?;
        match client.strip_prefix("ENV,") {
            Some("END") => {
                let (first, variables) = self.begun.take()?;
                event(&first, variables)
            }
            Some(variable) => {
                let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
                let (_, variables) = self.begun.as_mut()?;
                variables.insert(name.to_owned(), value.to_owned());
                None
            }
            None => {
                // An address that a client is learned to have comes alone.
                if !client.starts_with("ADDRESS,") {
                    self.begun = Some((client.to_owned(), Variables::new()));
                }
                None
            }
        }
    }
}

fn event(first: &str, variables: Variables) -> Option<Event> {
    let mut parts = first.split(',');
    let (kind, client) = (parts.next()?, parts.next()?.parse().ok()?);
    let mut key = || parts.next()?.parse().ok();
    match kind {
        "CONNECT" => Some(Event::Connects { client, key: key()?, variables }),
        "REAUTH" => Some(Event::ComesAgain { client, key: key()? }),
        "DISCONNECT" => Some(Event::Gone(client)),
        _ => None,
    }
}

/// Lets a client in, with lines of configuration. Without any this is `client-auth-nt`.
#[must_use]
pub fn accept(client: Client, key: u64, lines: &[String]) -> String {
    if lines.is_empty() {
        return format!("client-auth-nt {client} {key}\n");
    }
    format!("client-auth {client} {key}\n{}\nEND\n", lines.join("\n"))
}

/// Turns a client away. It gets the message, as much of it as one parameter takes.
#[must_use]
pub fn deny(client: Client, key: u64, reason: &str, message: &str) -> String {
    format!("client-deny {client} {key} \"{}\" \"{}\"\n", quoted(reason), quoted(message))
}

/// Cuts a client off; it begins anew.
#[must_use]
pub fn kill(client: Client) -> String {
    format!("client-kill {client}\n")
}

/// As OpenVPN reads a parameter between quotes: backslashes escape, and it has [`LONGEST`] bytes.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut cut = plain.len().min(LONGEST);
    while !plain.is_char_boundary(cut) {
        cut -= 1;
    }
    plain[..cut].replace('\\', "\\\\").replace('"', "\\\"")
}

/// `OPTION_PARM_SIZE` of OpenVPN 2.6, and the byte that ends it.
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Event> {
        let mut reader = Reader::default();
        lines.iter().filter_map(|line| reader.read(line)).collect()
    }

    #[test]
    fn an_event_comes_with_its_variables() {
        let events = read(&[
            ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info",
            "SUCCESS: bytecount interval changed",
            ">CLIENT:CONNECT,3,1",
            ">CLIENT:ENV,common_name=alice/ipad",
            ">CLIENT:ENV,IV_SSL=OpenSSL=3",
            ">CLIENT:ENV,END",
            ">CLIENT:ADDRESS,3,10.100.0.2,1",
            ">CLIENT:ESTABLISHED,3",
            ">CLIENT:ENV,END",
            ">BYTECOUNT_CLI:3,1200,900",
            ">CLIENT:REAUTH,3,2",
            ">CLIENT:ENV,END",
            ">CLIENT:DISCONNECT,3",
            ">CLIENT:ENV,bytes_received=1200",
            ">CLIENT:ENV,END",
        ]);
        let variables = [("common_name", "alice/ipad"), ("IV_SSL", "OpenSSL=3")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(
            events,
            [
                Event::Connects { client: 3, key: 1, variables },
                Event::Traffic { client: 3, from: 1200, to: 900 },
                Event::ComesAgain { client: 3, key: 2 },
                Event::Gone(3),
            ]
        );
    }

    #[test]
    fn what_is_no_event_is_none() {
        let odd = [">CLIENT:ENV,END", ">CLIENT:CONNECT,x,1", ">CLIENT:ENV,END", ">BYTECOUNT_CLI:1", ">CLIENT:", ""];
        assert_eq!(read(&odd), []);
        assert_eq!(read(&[">FATAL:out of memory"]), [Event::Fatal("out of memory".to_owned())]);
    }

    #[test]
    fn a_message_stays_one_parameter() {
        assert_eq!(deny(1, 2, "why", "say \"no\"\nC:\\"), "client-deny 1 2 \"why\" \"say \\\"no\\\" C:\\\\\"\n");
        let long = deny(1, 2, "why", &"é".repeat(200));
        assert_eq!(long.matches('é').count(), 127, "255 bytes are 127 letters of two");
    }

    #[test]
    fn whoever_is_let_in_gets_its_lines() {
        assert_eq!(accept(1, 2, &[]), "client-auth-nt 1 2\n");
        let lines = ["a".to_owned(), "b".to_owned()];
        assert_eq!(accept(1, 2, &lines), "client-auth 1 2\na\nb\nEND\n");
        assert_eq!(kill(4), "client-kill 4\n");
    }
}
