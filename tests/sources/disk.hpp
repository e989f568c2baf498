// The disk under the code that is tried: it gets full, takes nothing, or the process dies between two of its
// operations.
#pragma once

namespace slo::sources {

/// Disk counts the operations that may change a file or a folder: opening to create, writing, syncing, renaming,
/// removing, making a folder, giving away. The linker leads them here (--wrap in CMakeLists.txt). One for the process;
/// a child has a copy. It does nothing while it is idle, so that the lane's own files are left alone.
struct Disk {
    enum class Room { enough, none };
    enum class Access { granted, denied };
    bool is_tried = false;  ///< the code that is tried is at work
    Room room = Room::enough;
    Access access = Access::granted;
    int operations = 0;  ///< since it was tried
    int full_after = 0;  ///< so many operations go well, although there is no room
    int dies_at = 0;     ///< the process kills itself before this operation; 0: never
};
[[nodiscard]] Disk& disk() noexcept;

/// The code that is tried is at work as long as this lives.
class Trying {
public:
    Trying() noexcept : before_(disk().is_tried) {
        disk().is_tried = true;
        if (!before_) disk().operations = 0;
    }
    ~Trying() { disk().is_tried = before_; }
    Trying(const Trying&) = delete;
    Trying& operator=(const Trying&) = delete;

private:
    bool before_;
};

}  // namespace slo::sources
