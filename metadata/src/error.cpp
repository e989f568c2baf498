#include "slo/metadata/error.hpp"

#include <string>

namespace slo::metadata {

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::not_metadata:
            return "meta.not_metadata";
        case Errc::schema_violation:
            return "meta.schema";
        case Errc::entity_id_malformed:
            return "meta.entity_id";
        case Errc::expired:
            return "meta.expired";
        case Errc::no_usable_key:
            return "meta.no_usable_key";
        case Errc::endpoint_malformed:
            return "meta.endpoint";
        case Errc::bad_sp_metadata:
            return "meta.bad_sp_metadata";
        case Errc::valid_until_missing:
            return "meta.valid_until_missing";
        case Errc::valid_until_too_far:
            return "meta.valid_until_too_far";
        case Errc::hash_mismatch:
            return "meta.hash";
        case Errc::duplicate_entity:
            return "meta.duplicate_entity";
        case Errc::too_many_entities:
            return "meta.too_many_entities";
        case Errc::endpoint_not_allowed:
            return "meta.endpoint_not_allowed";
        case Errc::no_idp_role:
            return "meta.no_idp_role";
        case Errc::another_entity:
            return "meta.another_entity";
        case Errc::older_than_known:
            return "meta.older_than_known";
        case Errc::no_common_algorithm:
            return "meta.no_common_algorithm";
    }
    return "meta.unknown";
}

std::error_code make_error_code(Errc code) noexcept {
    return rule_code(code, "slo.metadata");
}

}  // namespace slo::metadata
