//! A real OpenVPN server behind the emulated endpoint, and real OpenVPN clients with the profiles that people get. The test
//! passes AWS's time; OpenVPN has its own, and needs few seconds of it.

mod device;
mod handler;
mod handshake;
mod network;
mod office;
mod pki;
mod staying;
mod traffic;
mod whole;
