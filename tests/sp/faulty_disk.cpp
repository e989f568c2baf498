#include "faulty_disk.hpp"

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

sqlite3_vfs* real_vfs = nullptr;
std::atomic<int> changes_left = 0;  // until the one that fails; 0: none fails
std::atomic<bool> is_full = false;
std::atomic<bool> failed = false;
std::atomic<int> writers_kept_out = 0;  // how many are still to be
std::atomic<bool> shares_memory = true;
std::atomic<bool> opens_files = true;
std::function<void()> act_on_log;  // by the one thread that opens files
std::filesystem::path last_room;   // where it isn't empty, the disk is full only as long as this holds something

bool has_last_room() noexcept {
    std::error_code error;
    return !last_room.empty() && std::filesystem::file_size(last_room, error) == 0 && !error;
}

/// What was in a file at its last sync, and what has been done to it since.
struct Remembered {
    struct Change {
        std::size_t offset;
        std::optional<std::string> octets;  // none: cut off there
    };
    std::string synced;
    std::vector<Change> since;

    void sync() {
        for (const Change& change : since) {
            const std::size_t end = change.offset + (change.octets ? change.octets->size() : 0);
            if (!change.octets || synced.size() < end) synced.resize(end);
            if (change.octets) synced.replace(change.offset, change.octets->size(), *change.octets);
        }
        since.clear();
    }
};

std::mutex remembered_mutex;
std::filesystem::path remembered_folder;
std::map<std::string, Remembered> remembered;  // by the file's name

/// SQLITE_OK, or `failure` where this change is to fail.
int verdict(int failure) noexcept {
    if (is_full && !has_last_room()) {
        failed = true;
        return SQLITE_FULL;
    }
    int left = changes_left;
    while (left > 0 && !changes_left.compare_exchange_weak(left, left - 1)) {
    }
    if (left != 1) return SQLITE_OK;
    failed = true;
    return failure;
}

/// SQLite allocates it, with the real file behind it.
struct File {
    sqlite3_file base;
    const char* path;  // SQLite keeps it as long as the file is open; null for a file without a name

    [[nodiscard]] static sqlite3_file* real(sqlite3_file* file) noexcept {
        return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
    }
};

/// Calls act(Remembered&) if `file` is in the folder that is remembered.
template <class Act>
void remember(sqlite3_file* file, Act act) {
    const char* const name = reinterpret_cast<File*>(file)->path;
    const std::filesystem::path path = name != nullptr ? name : "";
    const std::lock_guard lock(remembered_mutex);
    if (!remembered_folder.empty() && path.parent_path() == remembered_folder) act(remembered[path.filename()]);
}

int close_file(sqlite3_file* file) {
    return File::real(file)->pMethods->xClose(File::real(file));
}
int read_file(sqlite3_file* file, void* octets, int size, sqlite3_int64 offset) {
    return File::real(file)->pMethods->xRead(File::real(file), octets, size, offset);
}
int write_file(sqlite3_file* file, const void* octets, int size, sqlite3_int64 offset) {
    sqlite3_file* const real = File::real(file);
    const int result = verdict(SQLITE_IOERR_WRITE);
    if (result == SQLITE_OK) {
        remember(file, [&](Remembered& one) {
            one.since.push_back({static_cast<std::size_t>(offset),
                                 std::string(static_cast<const char*>(octets), static_cast<std::size_t>(size))});
        });
        return real->pMethods->xWrite(real, octets, size, offset);
    }
    if (result != SQLITE_FULL) real->pMethods->xWrite(real, octets, size / 2, offset);
    return result;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    if (const int result = verdict(SQLITE_IOERR_TRUNCATE); result != SQLITE_OK) return result;
    remember(file, [size](Remembered& one) { one.since.push_back({static_cast<std::size_t>(size), {}}); });
    return File::real(file)->pMethods->xTruncate(File::real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
    if (const int result = verdict(SQLITE_IOERR_FSYNC); result != SQLITE_OK) return result;
    remember(file, [](Remembered& one) { one.sync(); });
    return File::real(file)->pMethods->xSync(File::real(file), flags);
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    return File::real(file)->pMethods->xFileSize(File::real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
    return File::real(file)->pMethods->xLock(File::real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return File::real(file)->pMethods->xUnlock(File::real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
    return File::real(file)->pMethods->xCheckReservedLock(File::real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
    return File::real(file)->pMethods->xFileControl(File::real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
    return File::real(file)->pMethods->xSectorSize(File::real(file));
}
int device_characteristics(sqlite3_file* file) {
    return File::real(file)->pMethods->xDeviceCharacteristics(File::real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
    const int result = File::real(file)->pMethods->xShmMap(File::real(file), page, size, extend, memory);
    if (act_on_log && result == SQLITE_OK) std::exchange(act_on_log, nullptr)();
    return result;
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    constexpr int writers = 0;  // their place among the locks of a log, as SQLite's file format has it
    const bool is_writer = offset == writers && count == 1 && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
    if (is_writer && writers_kept_out > 0) {
        --writers_kept_out;
        return SQLITE_BUSY;
    }
    return File::real(file)->pMethods->xShmLock(File::real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
    File::real(file)->pMethods->xShmBarrier(File::real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
    return File::real(file)->pMethods->xShmUnmap(File::real(file), remove);
}

constexpr sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

constexpr sqlite3_io_methods methods_without_memory = [] {
    sqlite3_io_methods first = methods;
    first.iVersion = 1;  // that has no xShmMap
    return first;
}();

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_got) {
    file->pMethods = nullptr;
    if (!opens_files) return SQLITE_CANTOPEN;
    reinterpret_cast<File*>(file)->path = name;
    const int result = real_vfs->xOpen(real_vfs, name, File::real(file), flags, flags_got);
    const sqlite3_io_methods* const ours = shares_memory ? &methods : &methods_without_memory;
    file->pMethods = File::real(file)->pMethods != nullptr ? ours : nullptr;
    return result;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
    const std::filesystem::path path = name;
    const std::lock_guard lock(remembered_mutex);
    if (sync_folder != 0 && path.parent_path() == remembered_folder) remembered.erase(path.filename());
    return real_vfs->xDelete(real_vfs, name, sync_folder);
}

}  // namespace

FaultyDisk::FaultyDisk() : vfs_(*sqlite3_vfs_find(nullptr)) {
    if (real_vfs != nullptr) throw std::logic_error("there is another faulty disk");
    real_vfs = sqlite3_vfs_find(nullptr);
    vfs_.zName = "faulty";
    vfs_.szOsFile += static_cast<int>(sizeof(File));
    vfs_.xOpen = open_file;
    vfs_.xDelete = delete_file;
    mend();
    sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_vfs, 1);
    real_vfs = nullptr;
    remember_syncs({});
}

void FaultyDisk::fail_nth(int n) noexcept {
    mend();
    changes_left = n;
}

void FaultyDisk::fill_up() noexcept {
    mend();
    is_full = true;
}

void FaultyDisk::fill_up_beside(const std::filesystem::path& path) {
    fill_up();
    last_room = path;
}

void FaultyDisk::mend() noexcept {
    last_room.clear();
    changes_left = 0;
    is_full = false;
    failed = false;
    writers_kept_out = 0;
    shares_memory = true;
    opens_files = true;
    act_on_log = nullptr;
}

void FaultyDisk::share_no_memory() noexcept {
    shares_memory = false;
}

void FaultyDisk::when_there_is_a_log(std::function<void()> act) {
    act_on_log = std::move(act);
}

void FaultyDisk::open_nothing() noexcept {
    opens_files = false;
}

void FaultyDisk::keep_writers_out(int times) noexcept {
    writers_kept_out = times;
}

bool FaultyDisk::has_kept_writers_out() const noexcept {
    return writers_kept_out == 0;
}

void FaultyDisk::remember_syncs(const std::filesystem::path& folder) {
    const std::lock_guard lock(remembered_mutex);
    remembered.clear();
    remembered_folder = folder;
}

void FaultyDisk::write_remembered(const std::filesystem::path& elsewhere) const {
    const std::lock_guard lock(remembered_mutex);
    for (const auto& [name, one] : remembered) {
        std::ofstream(elsewhere / name, std::ios::binary) << one.synced;
        make_private(elsewhere / name);
    }
}

bool FaultyDisk::has_failed() const noexcept {
    return failed;
}

}  // namespace slo::test
