#include "slo/sp/session_store.hpp"

namespace slo::sp {

std::string_view name(NearMiss::Kind kind) noexcept {
    switch (kind) {
        case NearMiss::Kind::format:
            return "near_miss.format";
        case NearMiss::Kind::qualifier:
            return "near_miss.qualifier";
        case NearMiss::Kind::name_case:
            return "near_miss.case";
        case NearMiss::Kind::session_index:
            break;
    }
    return "near_miss.session_index";
}

std::string_view remedy_for(NearMiss::Kind kind) noexcept {
    switch (kind) {
        case NearMiss::Kind::format:
            return "a live session has this NameID with another Format: register the Format of the assertion, or set "
                   "name_id_matching = \"value_only\" for this IdP";
        case NearMiss::Kind::qualifier:
            return "a live session has this NameID with other qualifiers: register those of the assertion, or set "
                   "name_id_matching = \"value_only\" for this IdP";
        case NearMiss::Kind::name_case:
            return "a live session has this address in other letter case: have the IdP write it in one way, and "
                   "register it as the assertion has it";
        case NearMiss::Kind::session_index:
            break;
    }
    return "a live session has this SessionIndex under another NameID: have the IdP send the NameID of the assertion "
           "(a persistent one, not a transient one that is made anew)";
}

}  // namespace slo::sp
