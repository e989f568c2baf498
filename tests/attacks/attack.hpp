// What attackers, broken peers and lost clients send to the SOAP endpoint, and what each must get for it. A new attack
// is a new entry in one of the lists below; arena.hpp does the rest.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "logout_request_text.hpp"
#include "service_provider.hpp"

namespace slo::test {

/// Stands in every NameID, attribute and header field of the attacks; neither an answer nor an audit line nor anything
/// printed may repeat it.
inline constexpr std::string_view marker = "do-not-repeat";
/// Whom the genuine requests name: S1 and S2 of IdP1, S4 of IdP2.
inline constexpr std::string_view alice = "alice.do-not-repeat";
/// Whom the forged ones name: S3 of IdP1.
inline constexpr std::string_view bob = "bob.do-not-repeat";
/// The sessions before an attack, and after one that was survived.
inline constexpr std::string_view everybody = "S1 S2 S3 S4";

/// What happens to the connection.
enum class Connection { goes_on, closed_by_server, given_up_by_client };

/// The requests before it: none, or good_request() and then a newer session S5 under the same SessionIndex.
enum class History { none, good_request };

struct Attack {
    std::string row;                      ///< of the attack matrix, e.g. "XSW-02"; "BAD" for input without malice
    std::string name;                     ///< a sentence in snake_case
    std::function<std::string()> octets;  ///< the whole HTTP request
    std::string answer;                   ///< as Reply::summary() writes it
    std::string audit;                    ///< event and rule of the one entry; "http_refused": any rule of HTTP's
    Connection connection = Connection::goes_on;
    History history = History::none;
    std::string ends = {};  ///< the sessions that may end, joined by blanks: where the row says ACCEPT
    std::function<ServiceProviderOptions()> provider = {};   ///< where it isn't the usual one
    std::string good_answer = "200 LogoutResponse Success";  ///< the answer to good_request() from that provider
};

using Attacks = std::vector<Attack>;
using Text = std::function<std::string()>;

/// A SOAP body that is refused with `rule`, under the answer that the requirements' decision table gives for it.
[[nodiscard]] Attack refused(std::string row, std::string name, Text body, std::string rule);
/// A whole HTTP request that the server or the HTTP binding refuses, with an audit entry that says so. The server
/// closes the connection, since it can't trust the framing, unless `connection` says that it goes on.
[[nodiscard]] Attack refused_by_http(std::string row, std::string name, Text octets, int status,
                                     Connection connection = Connection::closed_by_server);
/// A SOAP body that looks odd but is genuine, and ends exactly `ends`.
[[nodiscard]] Attack accepted(std::string row, std::string name, Text body, std::string ends);
/// A request that ends nothing, with a name that is nearly a known one: no Success, and `rule` in the audit.
[[nodiscard]] Attack missed(std::string row, std::string name, Text body, const std::string& rule);

/// All attacks of these lists.
[[nodiscard]] Attacks joined(std::initializer_list<Attacks (*)()> lists);

/// The lists, one for each matrix.
[[nodiscard]] Attacks wrapping_attacks();
[[nodiscard]] Attacks key_attacks();
[[nodiscard]] Attacks reference_attacks();
[[nodiscard]] Attacks xml_attacks();
[[nodiscard]] Attacks xml_encoding_attacks();
[[nodiscard]] Attacks xml_limit_attacks();
[[nodiscard]] Attacks protocol_attacks();
[[nodiscard]] Attacks protocol_value_attacks();
[[nodiscard]] Attacks encryption_attacks();
[[nodiscard]] Attacks http_attacks();
[[nodiscard]] Attacks injection_attacks();
[[nodiscard]] Attacks bad_inputs();
/// All of them.
[[nodiscard]] Attacks all_attacks();

/// `text` with the marker in its attributes, a SessionIndex and, unless it names another principal itself, for alice.
[[nodiscard]] LogoutRequestText marked(LogoutRequestText text = {});
/// The SOAP body of the request that ends alice's session S1, and the whole HTTP request.
[[nodiscard]] const std::string& good_body();
[[nodiscard]] std::string good_request();

/// A POST of `body` to the SOAP path as an IdP sends it.
[[nodiscard]] std::string posted(std::string_view body);
/// `head` (request line and fields), Content-Length, an empty line and the body.
[[nodiscard]] std::string with_length(std::string head, std::string_view body);
inline constexpr const char* request_line = "POST /saml/slo/soap HTTP/1.1\r\nHost: sp\r\n";
inline constexpr const char* text_xml = "Content-Type: text/xml; charset=utf-8\r\n";

}  // namespace slo::test
