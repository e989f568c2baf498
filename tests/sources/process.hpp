// One process that keeps its partners fresh: an endpoint, or the tool.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "slo/idp_adapter/metadata_refresher.hpp"
#include "world.hpp"

namespace slo::sources {

/// A process's beliefs: the keys of each entity, by their source.
struct Believed {
    std::set<std::size_t> keys;
    std::size_t server = 0;
    std::optional<Instant> valid_until;
};
using Belief = std::map<std::pair<std::size_t, std::size_t>, Believed>;  ///< by source and entity

class Process {
public:
    Process(World& world, std::string its_name) : world_(world), name_(std::move(its_name)) {}

    /// Starts with what is configured. Failure: why it can't.
    [[nodiscard]] std::optional<Failure> start();
    /// A child started it: what it was started with.
    void follow_configuration() noexcept { bindings_ = world_.configured; }
    void end() noexcept { refresher_.reset(); }
    [[nodiscard]] bool runs() const noexcept { return refresher_.has_value(); }

    /// Asks what is due, and marks in the wire what it has acknowledged.
    std::vector<idp_adapter::MetadataEvent> refresh();

    /// std::nullopt if it believes a key that no server has published: then `stranger` names its owner.
    [[nodiscard]] std::optional<Belief> belief(std::string& stranger) const;
    [[nodiscard]] std::vector<idp_adapter::MetadataEvent> conflicts() const { return refresher_->conflicts(); }
    [[nodiscard]] const Bindings& bindings() const noexcept { return bindings_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    [[nodiscard]] idp_adapter::SourceOfIdps options(std::size_t source, const Binding& binding) const;
    [[nodiscard]] Result<idp_adapter::HttpHead> exchange(std::size_t source, const idp_adapter::HttpCall& call,
                                                         const idp_adapter::BodySink& sink);
    [[nodiscard]] std::optional<std::string> spoilt(std::size_t source, const Server::Answer& answer);
    [[nodiscard]] std::vector<idp_adapter::MetadataEvent> ask_all_that_is_due();
    void acknowledge(std::size_t first, const std::vector<idp_adapter::MetadataEvent>& events);

    World& world_;
    std::string name_;
    Bindings bindings_{};  ///< what it was started with
    std::optional<idp_adapter::MetadataRefresher> refresher_;
    Instant earliest_ = {};  ///< for Plant::clock_back_unnoticed
};

}  // namespace slo::sources
