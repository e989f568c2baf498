// A stack of its own for a task that can be left and resumed, all in one thread.
#pragma once

#include <ucontext.h>

#include <functional>
#include <memory>
#include <vector>

namespace slo::simulate {

/// Fiber runs `work` on a stack of its own. Its resumer gets control back when it yields or has ended. One that
/// is destroyed before it has ended leaves the objects on its stack as they are. `work` must not throw.
class Fiber {
public:
    explicit Fiber(std::function<void()> work);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    /// Not from within a fiber.
    void resume();
    /// Only from within this fiber.
    void yield();
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    static void enter(unsigned high, unsigned low);
    void run();
    void leave(void* save_place);

    std::function<void()> work_;
    std::unique_ptr<char[]> stack_;
    ucontext_t own_{};
    ucontext_t resumer_{};
    bool is_over_ = false;
    const void* resumer_bottom_ = nullptr;  ///< for the sanitizers
    std::size_t resumer_size_ = 0;
    void* place_ = nullptr;
    void* resumer_fiber_ = nullptr;
    void* fiber_ = nullptr;
};

}  // namespace slo::simulate
