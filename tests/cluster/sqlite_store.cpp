// A file for one node, on a disk that can be full.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <stdexcept>

#include "shared_store.hpp"
#include "temporary_folder.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

class SqliteStore final : public SharedStore {
public:
    explicit SqliteStore(unsigned mebibytes) {
        // In a mount namespace of this thread and of the processes that it starts: no other process sees the disk.
        const bool apart =
            ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        has_disk_ = apart && ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0,
                                     ("mode=0700,size=" + std::to_string(mebibytes) + "m").c_str()) == 0;
    }
    ~SqliteStore() override {
        if (has_disk_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    std::string engine() const override { return "sqlite"; }
    std::string configuration() const override { return "folder = \"" + (folder_.path() / "store").string() + "\"\n"; }
    std::size_t nodes() const override { return 1; }
    FaultMix mix() const override { return {.kinds = {FaultKind::store_full}, .hold = {200ms, 3s}, .gap = {2s, 5s}}; }
    bool can(FaultKind kind) const override { return kind == FaultKind::store_full && has_disk_; }
    void begin(const Fault& fault) override {
        if (!can(fault.kind)) throw std::runtime_error("not a fault of SQLite's here");
        fill();
    }
    void end(const Fault& fault) override {
        if (can(fault.kind)) ::unlink(filling().c_str());
    }

private:
    [[nodiscard]] std::string filling() const { return folder_.path() / "filling"; }

    /// To the last octet.
    void fill() const {
        const Descriptor file(::open(filling().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        const std::string octets(4096, 'x');
        while (::write(file.get(), octets.data(), octets.size()) > 0) {
        }
    }

    TemporaryFolder folder_;
    bool has_disk_ = false;
};

}  // namespace

std::unique_ptr<SharedStore> make_sqlite(unsigned mebibytes) {
    return std::make_unique<SqliteStore>(mebibytes);
}

}  // namespace slo::test
