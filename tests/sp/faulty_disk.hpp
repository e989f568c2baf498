// A disk that fails when it is told to, under every SQLite file that is opened meanwhile.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <functional>

namespace slo::test {

/// FaultyDisk intercepts SQLite's own access to files as long as it lives; one at a time. It counts what changes a
/// file: writes, syncs and truncations. Thread-safe but for its making and its end.
class FaultyDisk {
public:
    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// The n-th change from now on fails, the first one being 1: half of a write is done, nothing else.
    void fail_nth(int n) noexcept;
    /// From now on no change succeeds; the reason is a full disk.
    void fill_up() noexcept;
    /// The same as long as there is something in the file at `path`, which holds the last room.
    void fill_up_beside(const std::filesystem::path& path);
    void mend() noexcept;
    /// The next `times` times that a writer wants a log, they find that another program is at it.
    void keep_writers_out(int times) noexcept;
    /// Files that are opened from now on share no memory between processes, as on some file systems.
    void share_no_memory() noexcept;
    /// Calls act() once, as soon as a log and its index are there.
    void when_there_is_a_log(std::function<void()> act);
    /// No file is opened from now on.
    void open_nothing() noexcept;

    /// From now on remembers what each file in `folder` was when it was last synced.
    void remember_syncs(const std::filesystem::path& folder);
    /// Writes to `elsewhere` what a power cut would leave of these files at worst: nothing that wasn't synced.
    void write_remembered(const std::filesystem::path& elsewhere) const;
    /// Whether keep_writers_out() has kept writers out as often as it was to.
    [[nodiscard]] bool has_kept_writers_out() const noexcept;
    /// Whether a change has failed since fail_nth() or fill_up().
    [[nodiscard]] bool has_failed() const noexcept;

private:
    sqlite3_vfs vfs_;
};

}  // namespace slo::test
