// The requests at the local interface, and the meaning of its answers.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>

#include "history.hpp"
#include "http_client.hpp"
#include "site.hpp"

namespace slo::test {

/// A NameID with this value, and written in this form: empty, or one of those that near misses have.
[[nodiscard]] saml::NameID name_in(const std::string& user, const std::string& form);
/// Writes the qualifiers in any way with the same meaning.
void vary(saml::NameID& name, const Site& site, std::mt19937_64& random);

/// The body of POST /sessions.
[[nodiscard]] std::string login_form(const SessionFacts& session, const Site& site, std::mt19937_64& random);
/// `form` must outlive it.
[[nodiscard]] examples::HttpCall login_call(const std::string& form, const std::string& host);

[[nodiscard]] LoginAnswer login_answer(const std::optional<examples::HttpAnswer>& answer, const Site& site);
[[nodiscard]] CheckAnswer check_answer(const std::optional<examples::HttpAnswer>& answer, const Site& site);
[[nodiscard]] DepartureAttempt departure_attempt(const std::optional<examples::HttpAnswer>& answer, const Span& span,
                                                 const Site& site);
/// Sends an IdP's order to any node.
[[nodiscard]] LogoutAttempt send_order(const Site& site, const examples::SentLogout& request);

// The following are written down.

/// Once, at any node.
LoginAttempt try_log_in(const Site& site, Recorder& recorder, std::size_t session, std::mt19937_64& random);
void check_session(const Site& site, Recorder& recorder, std::size_t session, std::size_t node);
/// As the user with one of the sessions, or as an administrator with the user's name: at any node, until one says
/// that the sessions are gone, or until it doesn't go on. Then it asks for each of them.
void log_out_here(const Site& site, Recorder& recorder, const Departure& departure, std::mt19937_64& random,
                  const std::function<bool()>& goes_on);

}  // namespace slo::test
