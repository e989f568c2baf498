// The one table of a metadata source's errors.
#include "slo/idp_adapter/metadata_source.hpp"

namespace slo::idp_adapter {

std::string_view name(SourceErrc code) noexcept {
    switch (code) {
        case SourceErrc::setup:
            return "source.setup";
        case SourceErrc::file_unreadable:
            return "source.file";
        case SourceErrc::file_too_large:
            return "source.file_too_large";
        case SourceErrc::file_changing:
            return "source.file_changing";
        case SourceErrc::cache_failed:
            return "source.cache";
        case SourceErrc::copy_damaged:
            return "source.copy_damaged";
        case SourceErrc::copy_of_another:
            return "source.copy_of_another";
        case SourceErrc::status_refused:
            return "source.status";
        case SourceErrc::media_type:
            return "source.media_type";
        case SourceErrc::entity_missing:
            return "source.entity_missing";
        case SourceErrc::entity_taken:
            return "source.entity_taken";
        case SourceErrc::entity_withheld:
            return "source.entity_withheld";
        case SourceErrc::key_shared:
            return "source.key_shared";
        case SourceErrc::expiring:
            return "source.expiring";
        case SourceErrc::expired:
            return "source.expired";
    }
    return "source.unknown";
}

std::error_code make_error_code(SourceErrc code) noexcept {
    return rule_code(code, "slo.idp_adapter.source");
}

std::string_view name(RefreshOutcome::Kind kind) noexcept {
    switch (kind) {
        case RefreshOutcome::Kind::updated:
            return "updated";
        case RefreshOutcome::Kind::unchanged:
            return "unchanged";
        case RefreshOutcome::Kind::refused:
            return "refused";
        case RefreshOutcome::Kind::unreachable:
            return "unreachable";
        case RefreshOutcome::Kind::expiring:
            return "expiring";
        case RefreshOutcome::Kind::expired:
            return "expired";
        case RefreshOutcome::Kind::not_kept:
            return "not_kept";
        case RefreshOutcome::Kind::copy_unused:
            return "copy_unused";
    }
    return "unknown";
}

}  // namespace slo::idp_adapter
