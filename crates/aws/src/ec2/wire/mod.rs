//! EC2's wire: a form comes in, XML goes out (fact 4.4). Nothing is decided here.

mod call;
mod endpoint;
mod form;
pub mod table;
mod xml;

pub use call::{ActionResponse, Call, Request};
pub use form::{VERSION, form, parse};
pub use xml::{answer, error};
