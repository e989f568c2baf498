// A LogoutService whose users log out, over a real store that fails as the test says.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service_under_test.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::test {

inline const auto idp2_id = parsed<saml::EntityID>("https://idp2.example.org/metadata");

/// Everything around a service whose users log out. Change the parts first, then start or send.
struct StartUnderTest : ServiceUnderTest {
    sp::MemorySessionStore memory{clock, digest, {}};
    FailingStore failing{memory};
    ScriptedLink link;
    std::unique_ptr<sp::LogoutService> made;

    StartUnderTest() {
        parts.idps = directory_of({idp_that_can_be_asked(), idp_that_can_be_asked(idp2_id)});
        parts.idp_link = &link;
    }
    sp::LogoutService& start_service() {
        if (!made) made = std::make_unique<sp::LogoutService>(parts_over(failing), sp::Housekeeping::by_host);
        return *made;
    }

    sp::Session session(std::string_view id, std::vector<std::string> indexes, std::string_view name = "N1",
                        const saml::EntityID& idp = idp_id) {
        sp::Session made_session = session_named(id, name);
        made_session.idp = idp;
        made_session.session_indexes.clear();
        for (const auto& index : indexes) made_session.session_indexes.push_back(parsed<saml::SessionIndex>(index));
        made_session.authn_instant = clock.now() - std::chrono::minutes(10);
        made_session.expires = clock.now() + std::chrono::hours(8);
        return made_session;
    }
    void admit(const sp::Session& wanted) { BOOST_REQUIRE((taken(memory.admit(wanted)) == sp::Admission::admitted)); }
    bool lives(std::string_view id) { return taken(memory.find(parsed<sp::LocalSessionID>(id))).has_value(); }

    Result<sp::GlobalLogoutResult> start(const sp::SessionSelection& selection,
                                         sp::LogoutReason reason = sp::LogoutReason::user) {
        return start_service().start_logout(selection, reason);
    }
    sp::GlobalLogoutResult log_out(const std::vector<std::string>& ids) {
        sp::SessionsByID selection;
        for (const auto& id : ids) selection.ids.push_back(parsed<sp::LocalSessionID>(id));
        return taken(start(selection));
    }
    std::size_t send_kept() { return taken(start_service().send_kept_requests()); }
    std::size_t kept() {
        const auto far = clock.now() + std::chrono::hours(1000);
        return taken(memory.take_due_requests(far, far, 1000)).size();
    }
};

}  // namespace slo::test
