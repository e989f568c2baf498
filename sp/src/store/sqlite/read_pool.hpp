// Connections for callers that only read: each sees what was committed when it began, and waits for no writer.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "database.hpp"

namespace slo::sp {

/// ReadPool lends one connection to each caller, as long as there are any. Thread-safe once it is filled.
class ReadPool {
public:
    void add(std::unique_ptr<Database> database) { readers_.push_back(std::make_unique<Reader>(std::move(database))); }

    /// with_one calls use(Database&) with a connection that no other caller has meanwhile.
    template <class Use>
    auto with_one(Use use) {
        const std::size_t start = next_.fetch_add(1, std::memory_order_relaxed);
        for (std::size_t i = 0; i < readers_.size(); ++i) {
            Reader& reader = *readers_[(start + i) % readers_.size()];
            if (const std::unique_lock lock(reader.mutex, std::try_to_lock); lock) return use(*reader.database);
        }
        Reader& reader = *readers_[start % readers_.size()];
        const std::lock_guard lock(reader.mutex);
        return use(*reader.database);
    }

private:
    struct Reader {
        explicit Reader(std::unique_ptr<Database> its_database) noexcept : database(std::move(its_database)) {}
        std::mutex mutex;
        std::unique_ptr<Database> database;
    };
    std::vector<std::unique_ptr<Reader>> readers_;
    std::atomic<std::size_t> next_ = 0;
};

}  // namespace slo::sp
