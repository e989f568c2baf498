// Room on the disk that is taken ahead, for what must be written when there is no other.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

#include "slo/idp_adapter/descriptor.hpp"

namespace slo::sp {

/// DiskReserve holds room by a file that has it, and gives it back to the disk when it's needed. Thread-safe. Opens
/// nothing after it was made, so the process may give that up.
class DiskReserve {
public:
    /// `file` is open for writing. What it holds from before is given back at first: a store that is opened on a full
    /// disk has to write.
    DiskReserve(idp_adapter::Descriptor file, std::uint64_t octets) noexcept
        : file_(std::move(file)), octets_(octets), is_held_(true) {
        release();
    }

    /// Whether the room is held. While it isn't, nothing should be written that can be refused.
    [[nodiscard]] bool is_held() const noexcept {
        const std::lock_guard lock(mutex_);
        return is_held_;
    }
    /// Gives the room back, if it is held.
    void release() noexcept;
    /// Holds the room again, if there is so much and as much again: else it would be released by the next write. To
    /// find that out it takes the room for a moment: so only one call of 64, as many as housekeeping makes in a turn,
    /// does it, and only the one writer is to make them.
    void restore() noexcept;

private:
    idp_adapter::Descriptor file_;
    std::uint64_t octets_;
    mutable std::mutex mutex_;
    bool is_held_;
    unsigned calls_ = 0;  ///< of restore(), since it was given back
};

}  // namespace slo::sp
