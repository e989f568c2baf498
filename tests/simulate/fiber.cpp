#include "fiber.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace slo::simulate {
namespace {

constexpr std::size_t stack_size = 256U * 1024;

/// Stacks are used again: a fresh one costs page faults.
std::vector<std::unique_ptr<char[]>>& spare_stacks() {
    static std::vector<std::unique_ptr<char[]>> stacks;
    return stacks;
}

std::unique_ptr<char[]> take_stack() {
    auto& spare = spare_stacks();
    if (spare.empty()) return std::unique_ptr<char[]>(new char[stack_size]);  // NOLINT(*-avoid-c-arrays): uninitialised
    auto stack = std::move(spare.back());
    spare.pop_back();
    return stack;
}

}  // namespace

Fiber::Fiber(std::function<void()> work) : work_(std::move(work)), stack_(take_stack()) {
    if (getcontext(&own_) != 0) throw std::runtime_error("getcontext");
    own_.uc_stack.ss_sp = stack_.get();
    own_.uc_stack.ss_size = stack_size;
    own_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    // makecontext hands on integers only.
    makecontext(&own_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32U),
                static_cast<unsigned>(self));
#ifdef __SANITIZE_THREAD__
    fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef __SANITIZE_THREAD__
    __tsan_destroy_fiber(fiber_);
#endif
    spare_stacks().push_back(std::move(stack_));
}

void Fiber::enter(unsigned high, unsigned low) {
    reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32U | low)->run();
}

void Fiber::run() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, &resumer_bottom_, &resumer_size_);
#endif
    work_();
    work_ = nullptr;
    is_over_ = true;
    leave(nullptr);
}

void Fiber::resume() {
#ifdef __SANITIZE_ADDRESS__
    void* place = nullptr;
    __sanitizer_start_switch_fiber(&place, stack_.get(), stack_size);
#endif
#ifdef __SANITIZE_THREAD__
    resumer_fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_, 0);
#endif
    swapcontext(&resumer_, &own_);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(place, nullptr, nullptr);
#endif
}

void Fiber::yield() {
    leave(&place_);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(place_, &resumer_bottom_, &resumer_size_);
#endif
}

/// `save_place` is null where the fiber is left for good.
void Fiber::leave([[maybe_unused]] void* save_place) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(static_cast<void**>(save_place), resumer_bottom_, resumer_size_);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(resumer_fiber_, 0);
#endif
    swapcontext(&own_, &resumer_);
}

}  // namespace slo::simulate
