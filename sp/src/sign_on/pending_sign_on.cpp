#include "pending_sign_on.hpp"

#include <charconv>
#include <system_error>
#include <utility>

namespace slo::sp {
namespace {

constexpr std::string_view version = "sign-on 1";

/// Fields one after another, each with its length in front: "5:hello".
void put(std::string& record, std::string_view field) {
    record += std::to_string(field.size());
    record += ':';
    record += field;
}

/// FieldReader takes them off again, in the same order.
class FieldReader {
public:
    explicit FieldReader(std::string_view record) noexcept : rest_(record) {}

    [[nodiscard]] std::optional<std::string_view> next() noexcept {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
        const auto digits = static_cast<std::size_t>(end - rest_.data());
        if (error != std::errc{} || digits >= rest_.size() || *end != ':') return std::nullopt;
        if (size > rest_.size() - digits - 1) return std::nullopt;
        const std::string_view field = rest_.substr(digits + 1, size);
        rest_.remove_prefix(digits + 1 + size);
        return field;
    }
    [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::string flags_of(const PendingSignOn& pending) {
    return std::string(pending.force_authn ? "f" : "-") + (pending.is_passive ? "p" : "-") +
           (pending.name_id_format ? "n" : "-") + (pending.is_done ? "d" : "-");
}

std::optional<Instant> instant_in(std::string_view text) {
    Instant::rep count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Instant(Instant::duration(count));
}

std::optional<PendingSignOn> read(std::string_view record) {
    FieldReader fields(record);
    if (fields.next() != version) return std::nullopt;
    const auto idp = fields.next();
    const auto request_id = fields.next();
    const auto browser = fields.next();
    const auto target = fields.next();
    const auto flags = fields.next();
    const auto started_at = fields.next();
    const auto format = fields.next();
    if (!idp || !request_id || !browser || !target || !flags || !started_at || !format || flags->size() != 4) {
        return std::nullopt;
    }
    auto entity_id = saml::EntityID::opaque(*idp);
    auto id = saml::MessageID::parse(*request_id);
    const auto instant = instant_in(*started_at);
    if (!entity_id || !id || !instant) return std::nullopt;
    PendingSignOn pending{.idp = *std::move(entity_id),
                          .request_id = *std::move(id),
                          .browser = std::string(*browser),
                          .target = std::string(*target),
                          .force_authn = flags->at(0) == 'f',
                          .is_passive = flags->at(1) == 'p',
                          .is_done = flags->at(3) == 'd',
                          .started_at = *instant};
    if (flags->at(2) == 'n') pending.name_id_format = std::string(*format);
    while (!fields.is_at_end()) {
        const auto context = fields.next();
        if (!context) return std::nullopt;
        pending.authn_contexts.emplace_back(*context);
    }
    return pending;
}

}  // namespace

Result<std::string> seal_pending(const PendingSignOn& pending, const FlowHandle& handle,
                                 const saml::RecordCipher& cipher) {
    std::string record;
    put(record, version);
    put(record, pending.idp.str());
    put(record, pending.request_id.str());
    put(record, pending.browser);
    put(record, pending.target);
    put(record, flags_of(pending));
    put(record, std::to_string(pending.started_at.time_since_epoch().count()));
    put(record, pending.name_id_format.value_or(""));
    for (const std::string& context : pending.authn_contexts) put(record, context);
    return cipher.seal(record, handle.str());
}

std::optional<PendingSignOn> open_pending(std::string_view sealed, const FlowHandle& handle,
                                          const saml::RecordCipher& cipher) {
    const auto record = cipher.open(sealed, handle.str());
    if (!record) return std::nullopt;
    return read(*record);
}

}  // namespace slo::sp
