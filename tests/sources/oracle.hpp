// Judges by what the servers have published and what processes have acknowledged; it never looks into the cache.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "process.hpp"
#include "violation.hpp"

namespace slo::sources {

/// Oracle knows of each binding which versions have come and proven themselves, and which of them had to be believed.
/// A process believes of each stream exactly what one of these versions says, and none before the newest that this
/// process had to believe. One that starts believes none before the newest that any process had to believe.
class Oracle {
public:
    explicit Oracle(const World& world) : world_(world) {}

    enum class Life { ended, goes_on };
    /// Reads the wire from `first` on, all of it by `process`; `ended`: it was killed, and its words with it.
    void has_asked(const Process& process, std::size_t first, Life life);
    /// Where no copy can be kept, it asks all the same: what is revoked must become known.
    void check_asking(const Process& process, std::size_t first, const std::vector<idp_adapter::MetadataEvent>& events);
    /// After a start: it has only the copies.
    void has_started(const Process& process);
    void has_ended(const Process& process) { living_.erase(process.name()); }

    /// Holds what `process` believes against what it may; `events` are what it said since the last look.
    void check(const Process& process, const std::vector<idp_adapter::MetadataEvent>& events);
    /// Nothing is wrong any more: it believes the newest of everything.
    void check_the_end(const Process& process);
    /// Few files are in the cache.
    void check_cache(std::size_t files);
    void blame(const std::string& rule, const std::string& detail);
    /// A stream of `binding` got a version with a date years ahead.
    [[nodiscard]] bool has_seen_ahead() const noexcept { return has_seen_ahead_; }

    [[nodiscard]] const std::optional<Violation>& violation() const noexcept { return violation_; }

private:
    using StreamName = std::tuple<std::size_t, Binding, std::size_t>;  ///< source, binding, stream
    struct Known {
        std::set<std::size_t> versions = {};  ///< that have come, and prove themselves
        std::size_t floor = 0;                ///< the newest that must survive; 0: none
        bool is_kept = false;                 ///< no process has said that its copy can't be kept
        bool is_doubtful = false;             ///< a version came with a date years ahead
    };
    struct Living {
        std::map<StreamName, std::size_t> floors = {};
        std::map<StreamName, bool> may_lack = {};
        Instant latest_clock = {};
        std::optional<std::size_t> owner = {};  ///< the source of the entity that all have
        bool has_just_started = false;
        bool owes_word = false;  ///< it has moved while the process wasn't there
        Bindings bindings = {};
        std::set<std::size_t> withheld = {};  ///< the sources that it has said can't have the entity that all have
    };
    [[nodiscard]] bool must_believe(const StreamName& name, const Version& version, const Known& known,
                                    std::size_t floor) const;
    void forget_others(const StreamName& name);
    [[nodiscard]] bool fits(const Belief& belief, const StreamName& name, const Version& version,
                            const Living& living) const;
    [[nodiscard]] bool is_an_earlier_ones(std::size_t source) const;
    [[nodiscard]] bool lacks_all(const Belief& belief, const StreamName& name) const;
    void check_stream(const Belief& belief, const StreamName& name, Living& living);
    void check_owner(const Belief& belief, Living& living, const std::vector<idp_adapter::MetadataEvent>& events);
    [[nodiscard]] std::string rule_for(const Belief& belief, const StreamName& name, const Known& known,
                                       const Living& living) const;
    [[nodiscard]] std::string words(const Belief& belief, const StreamName& name) const;

    const World& world_;
    std::map<StreamName, Known> known_;
    std::map<std::string, Living> living_;  ///< by the process' name
    std::optional<std::size_t> last_owner_;
    Bindings last_bindings_{};
    bool has_seen_ahead_ = false;
    std::optional<Violation> violation_;
};

}  // namespace slo::sources
