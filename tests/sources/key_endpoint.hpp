// What an endpoint does with its keys: as sp/daemon/main.cpp has it, without a socket.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "key_watch.hpp"
#include "plant.hpp"
#include "published_keys.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sources {

/// Under which user the endpoint reads its keys, once it serves.
enum class ReadAs { who_made_them, another_user };

class KeyEndpoint {
public:
    KeyEndpoint(std::filesystem::path configuration, ReadAs reader, Plant plant)
        : file_(std::move(configuration)), reader_(reader), plant_(plant) {}

    /// `before_watch` happens between loading and watching. Failure: why it can't start.
    [[nodiscard]] std::optional<Failure> start(Instant now, const std::function<void()>& before_watch);
    void stop() noexcept;
    [[nodiscard]] bool runs() const noexcept { return metadata_ != nullptr; }

    /// What it does each second. What it says where it can't.
    std::optional<Failure> look(Instant now);

    /// What it signs with: a certificate in base64.
    [[nodiscard]] const std::string& signer() const noexcept { return signer_; }
    /// What it publishes, and for how long it may be kept.
    [[nodiscard]] std::string published(Instant now) const;
    [[nodiscard]] std::chrono::seconds promise() const;

private:
    std::optional<Failure> take_over(sp::OurKeys keys, Instant now);

    std::filesystem::path file_;
    ReadAs reader_;
    Plant plant_;
    std::optional<sp::Configuration> configuration_;
    std::unique_ptr<daemon::KeyWatch> watch_;
    std::optional<daemon::PublishedKeys> record_;
    std::shared_ptr<metadata::PublishedMetadata> metadata_;
    std::string signer_;
};

/// Another user than root, whom nothing belongs to.
inline constexpr unsigned another_user = 65534;

}  // namespace slo::sources
