# shellcheck shell=bash
# What is proven. Each case begins with a fresh account. The longest come first: they are tried side by side. LONG are those of
# three quarters of a minute and more, of which `.ci/run` tries some.
set -Eeuo pipefail

readonly LONG=(profiles egress_changed egress_mended egress egress_shared egress_proof egress_boundary egress_failed moved broken_off second cargo certificate certificate_refused boundary adopted ipv6 own_pool endpoint_broken_off directory people_broken_off people_off people_to_page refusals capitals people profiles_taken listener drift hostile_answers endpoint_revoked networks models estimate)
readonly CASES=(story readme pki_broken_off options connect page history status vpn_switch vpn_closed vpn_kept vpn_refused vpn_nothing
  pki_company_ca pki_refused pki_people pki_easy_rsa pki pki_secret pki_renewed endpoint_refused endpoint endpoint_mended profile profile_refused
  profile_passphrase check_options check_table check_files check_certificates check_alone people_refused attached operator turned_on lattice
  consumer consumer_names consumer_elsewhere consumer_refused consumer_nat account settings init estimate_refused
  estimate_supposed waiting tools packages command_line
  hostile_settings hostile_files surroundings plans old_models)

# shellcheck source=tests/cases_given.sh
source "$TESTS/cases_given.sh"
# shellcheck source=tests/cases_made.sh
source "$TESTS/cases_made.sh"
# shellcheck source=tests/cases_theirs.sh
source "$TESTS/cases_theirs.sh"
# shellcheck source=tests/cases_certificate.sh
source "$TESTS/cases_certificate.sh"
# shellcheck source=tests/cases_networks.sh
source "$TESTS/cases_networks.sh"
# shellcheck source=tests/cases_waiting.sh
source "$TESTS/cases_waiting.sh"
# shellcheck source=tests/cases_looked_after.sh
source "$TESTS/cases_looked_after.sh"
# shellcheck source=tests/cases_vpn.sh
source "$TESTS/cases_vpn.sh"
# shellcheck source=tests/cases_estimate.sh
source "$TESTS/cases_estimate.sh"
# shellcheck source=tests/cases_hostile.sh
source "$TESTS/cases_hostile.sh"
# shellcheck source=tests/cases_pools.sh
source "$TESTS/cases_pools.sh"
# shellcheck source=tests/cases_surroundings.sh
source "$TESTS/cases_surroundings.sh"
# shellcheck source=tests/cases_pki.sh
source "$TESTS/cases_pki.sh"
# shellcheck source=tests/cases_pki_easy_rsa.sh
source "$TESTS/cases_pki_easy_rsa.sh"
# shellcheck source=tests/cases_pki_watched.sh
source "$TESTS/cases_pki_watched.sh"
# shellcheck source=tests/cases_endpoint.sh
source "$TESTS/cases_endpoint.sh"
# shellcheck source=tests/cases_endpoint_revoked.sh
source "$TESTS/cases_endpoint_revoked.sh"
# shellcheck source=tests/cases_profile.sh
source "$TESTS/cases_profile.sh"
# shellcheck source=tests/cases_profile_check.sh
source "$TESTS/cases_profile_check.sh"
# shellcheck source=tests/cases_people.sh
source "$TESTS/cases_people.sh"
# shellcheck source=tests/cases_people_broken_off.sh
source "$TESTS/cases_people_broken_off.sh"
# shellcheck source=tests/cases_to_page.sh
source "$TESTS/cases_to_page.sh"
# shellcheck source=tests/cases_egress.sh
source "$TESTS/cases_egress.sh"
# shellcheck source=tests/cases_egress_lattice.sh
source "$TESTS/cases_egress_lattice.sh"
# shellcheck source=tests/cases_egress_consumer.sh
source "$TESTS/cases_egress_consumer.sh"
# shellcheck source=tests/cases_models.sh
source "$TESTS/cases_models.sh"
