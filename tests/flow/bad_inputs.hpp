// What attackers, broken peers and lost clients send to the SOAP endpoint, and what each must get for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "logout_request_text.hpp"

namespace slo::test {

/// Stands in every NameID, attribute and header field of the bad inputs; neither an answer nor an audit line may repeat
/// it.
inline constexpr std::string_view marker = "do-not-repeat";
/// The principal of the baseline sessions, so that a message that is wrongly believed ends some of them.
inline constexpr std::string_view alice = "alice.do-not-repeat";

/// What becomes of the connection.
enum class Connection { goes_on, closed_by_server, given_up_by_client };

/// What came before it: nothing, or good_request(), which ended alice's first session.
enum class History { none, good_request };

struct BadInput {
    std::string name;                     ///< a sentence
    std::function<std::string()> octets;  ///< the whole HTTP request
    std::string answer;                   ///< as Reply::summary() writes it: section 1 of the requirements
    std::string audit;                    ///< event and rule of the one entry; empty: there is none
    Connection connection = Connection::goes_on;
    History history = History::none;
};

[[nodiscard]] std::vector<BadInput> bad_inputs();

/// `text` with the marker in its attributes, a SessionIndex and, unless it names somebody itself, for alice.
[[nodiscard]] LogoutRequestText marked(LogoutRequestText text = {});

/// The request that ends alice's session i1 of IdP1.
[[nodiscard]] std::string good_request();

/// A POST of `body` to the SOAP path as an IdP sends it.
[[nodiscard]] std::string posted(std::string_view body);

}  // namespace slo::test
