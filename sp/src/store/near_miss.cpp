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
        case NearMiss::Kind::white_space:
            return "near_miss.white_space";
        case NearMiss::Kind::session_index:
            return "near_miss.session_index";
        case NearMiss::Kind::no_index:
            break;
    }
    return "near_miss.no_index";
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
        case NearMiss::Kind::white_space:
            return "a live session has this NameID and SessionIndex without the white space around them: have the IdP "
                   "write them in one way, and register them as the assertion has them";
        case NearMiss::Kind::session_index:
            return "a live session has this SessionIndex under another NameID: have the IdP send the NameID of the "
                   "assertion (a persistent one, not a transient one that is made anew), or, where its indexes can't "
                   "be "
                   "guessed, set name_id_matching = \"session_index\" for this IdP, which counts from the next login";
        case NearMiss::Kind::no_index:
            break;
    }
    return "a live session with this NameID is named by its SessionIndex (name_id_matching = \"session_index\"), and "
           "the request has none: have the IdP send it";
}

}  // namespace slo::sp
