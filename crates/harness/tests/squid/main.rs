//! Real squid with exactly what a proxy's user-data makes of it, behind the kernel's own rules, in network namespaces: two
//! consumers' VPCs with the provider's ranges, what stands for the endpoint and the gateway, the provider's VPC, and an internet.

mod attacks;
mod consumers;
mod dying;
mod proxy;
mod staying;
mod world;
