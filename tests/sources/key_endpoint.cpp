#include "key_endpoint.hpp"

#include <unistd.h>

#include <stdexcept>

namespace slo::sources {
namespace {

/// This process is another user as long as this lives.
class As {
public:
    explicit As(ReadAs reader) : changes_(reader == ReadAs::another_user) {
        if (changes_ && ::seteuid(another_user) != 0) throw std::runtime_error("can't become another user");
    }
    ~As() {
        if (changes_ && ::seteuid(0) != 0) std::terminate();
    }
    As(const As&) = delete;
    As& operator=(const As&) = delete;

private:
    bool changes_;
};

}  // namespace

std::optional<Failure> KeyEndpoint::start(Instant now, const std::function<void()>& before_watch) {
    stop();
    auto loaded = sp::load_configuration(file_, now);
    if (!loaded) return std::move(loaded).error();
    configuration_.emplace(*std::move(loaded));
    before_watch();
    watch_ = daemon::KeyWatch::of(*configuration_);
    record_.emplace(*configuration_);
    const As user(reader_);
    auto made = metadata::PublishedMetadata::make(configuration_->publication, now);
    if (!made) return std::move(made).error();
    metadata_ = *std::move(made);
    signer_ = configuration_->signing_key.certificate().base64();
    return record_->keep(now);
}

void KeyEndpoint::stop() noexcept {
    metadata_.reset();
    watch_.reset();
    record_.reset();
    configuration_.reset();
}

std::optional<Failure> KeyEndpoint::take_over(sp::OurKeys keys, Instant now) {
    // Published before it signs.
    if (plant_ != Plant::unpublished_signer) {
        if (const auto replaced = metadata_->replace(keys.publication, now); !replaced) return replaced.error();
    }
    record_->publish(keys.in_force, sp::promise_of(keys.publication));
    static_cast<void>(record_->keep(now));
    signer_ = keys.signing.certificate().base64();
    watch_->taken(keys);
    return std::nullopt;
}

std::optional<Failure> KeyEndpoint::look(Instant now) {
    const As user(reader_);
    std::optional<Failure> failure;
    if (auto keys = watch_->look(now)) failure = *keys ? take_over(**std::move(keys), now) : (*keys).error();
    if (auto unkept = record_->keep(now); unkept && !failure) failure = std::move(unkept);
    return failure;
}

std::string KeyEndpoint::published(Instant now) const {
    const auto document = metadata_->at(now);
    if (!document) throw std::runtime_error("nothing is published: " + document.error().detail);
    return (*document)->octets;
}

std::chrono::seconds KeyEndpoint::promise() const {
    return configuration_->publication.content.cache_duration.value_or(std::chrono::seconds(0)) +
           metadata::longest_http_caching;
}

}  // namespace slo::sources
