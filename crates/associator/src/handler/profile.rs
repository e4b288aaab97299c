//! Leads somebody to her own profile.

use http::StatusCode;
use vpn_core::{audit::Audit, port::Port};

use super::{Associator, Call};
use crate::{
    Response,
    identity::{Subject, keys::KeyServer},
    page::{PageState, answer},
    problem::{Kind, Problem},
    profiles::Folder,
    request,
};

impl<P: Port, K: KeyServer, A: Audit> Associator<P, K, A> {
    /// On to her own profile. What is hers follows from the sign-in alone, and what waits is asked each time: what was
    /// removed is given to nobody.
    pub(super) async fn profile(&self, call: &Call<'_>, subject: &Subject) -> Response {
        let Some(profiles) = &self.profiles else {
            return self.fail(call, Kind::NotFound.into());
        };
        let Some(folder) = Folder::of(subject) else {
            return self.fail(call, Kind::NoProfile.into());
        };
        let waiting = match profiles.waiting(&folder, call.now).await {
            Ok(waiting) => waiting,
            Err(error) => return self.fail(call, Problem::of_profiles(error)),
        };
        let device = match (request::device(call.request), waiting.as_slice()) {
            (Some(asked), _) => waiting.iter().find(|device| asked.as_ref() == Some(device)),
            (None, [device]) => Some(device),
            (None, []) => None,
            (None, several) => {
                return self.pages.page(
                    &call.visitor,
                    StatusCode::OK,
                    &PageState::of_devices(call.visitor.texts, &self.config, several),
                );
            }
        };
        let Some(device) = device else {
            return self.fail(call, Kind::NoProfile.into());
        };
        match profiles.address(&folder, device, call.now).await {
            Ok(address) => {
                self.audit.gave_profile(subject.as_str(), device.as_str());
                answer::to_download(&address)
            }
            Err(error) => self.fail(call, Problem::of_profiles(error)),
        }
    }
}
