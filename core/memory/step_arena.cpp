#include "tern/core/memory/step_arena.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "tern/core/devices/device_graph.hpp"
#include "tern/core/devices/stream.hpp"
#include "tern/core/error.hpp"
#include "tern/core/memory/memory.hpp"

namespace tern {
namespace {

thread_local StepArena* active_arena = nullptr;

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

struct Block {
    std::size_t bytes;
    std::size_t born;            // event number
    std::size_t freed = kNever;  // kNever: outlives the step
    std::size_t offset = 0;
};

// Places the largest blocks first, each at the lowest offset free during its whole life. Returns the slab
// size.
std::size_t place(std::vector<Block>& blocks) {
    std::vector<Block*> order;
    for (Block& block : blocks) {
        if (block.freed != kNever && block.bytes > 0) order.push_back(&block);
    }
    std::ranges::stable_sort(order, [](const Block* a, const Block* b) { return a->bytes > b->bytes; });
    std::vector<const Block*> placed;  // by offset
    std::size_t slab = 0;
    for (Block* block : order) {
        std::size_t offset = 0;
        for (const Block* other : placed) {
            if (other->freed < block->born || block->freed < other->born) continue;
            if (offset + aligned_size(block->bytes) <= other->offset) break;
            offset = std::max(offset, other->offset + aligned_size(other->bytes));
        }
        block->offset = offset;
        placed.insert(std::ranges::upper_bound(placed, offset, {}, &Block::offset), block);
        slab = std::max(slab, offset + aligned_size(block->bytes));
    }
    return slab;
}

}  // namespace

struct StepArena::State {
    // Slab and record outlive the arena object itself while tensors still point into them.
    explicit State(Device where) : device(where) {}
    ~State() { free_bytes(slab, slab_bytes, stream); }

    Device device;
    Stream stream;  // of the recorded step and all later ones
    bool recorded = false;
    bool in_step = false;
    std::uint64_t step = 0;
    std::size_t event = 0;       // allocations and frees so far in this step
    std::size_t next_block = 0;  // allocations so far in this step
    bool diverged = false;       // a free came at another moment than recorded
    std::size_t events_per_step = 0;
    std::vector<Block> blocks;
    void* slab = nullptr;
    std::size_t slab_bytes = 0;

    void freed(std::size_t block, std::uint64_t in) noexcept {
        if (!in_step || in != step) return;  // outlived its step
        const std::size_t now = event++;
        if (recorded)
            diverged |= blocks[block].freed != now;
        else
            blocks[block].freed = now;
    }

    std::shared_ptr<Storage> fresh(std::size_t bytes, std::size_t block, const std::shared_ptr<State>& self) {
        void* data = allocate_bytes(bytes, stream);
        return Storage::adopt(data, bytes, device, [self, bytes, block, in = step](void* memory) {
            self->freed(block, in);
            free_bytes(memory, bytes, self->stream);
        });
    }

    std::shared_ptr<Storage> placed(std::size_t block, const std::shared_ptr<State>& self) {
        void* data = static_cast<std::byte*>(slab) + blocks[block].offset;
        return Storage::adopt(data, blocks[block].bytes, device,
                              [self, block, in = step](void*) { self->freed(block, in); });
    }
};

StepArena::StepArena(Device device) : state_(std::make_shared<State>(device)) {}
StepArena::~StepArena() = default;

StepArena* StepArena::active(Device device) {
    return active_arena != nullptr && active_arena->state_->device == device ? active_arena : nullptr;
}

std::size_t StepArena::slab_bytes() const { return state_->slab_bytes; }

std::shared_ptr<Storage> StepArena::allocate(std::size_t bytes) {
    State& state = *state_;
    const std::size_t block = state.next_block++;
    const std::size_t now = state.event++;
    if (!state.recorded) {
        state.blocks.push_back({bytes, now});
        return state.fresh(bytes, block, state_);
    }
    const bool known = block < state.blocks.size();
    TERN_CHECK(
        !state.diverged && known && state.blocks[block].bytes == bytes && state.blocks[block].born == now,
        "step arena", "allocation ", block, " of this step is ", bytes, " bytes at event ", now,
        ", but the recorded step ",
        known ? to_text("had ", state.blocks[block].bytes, " bytes at event ", state.blocks[block].born)
              : to_text("made only ", state.blocks.size()),
        state.diverged ? " (and freed its tensors in another order)" : "",
        "; every step of one arena must do the same");
    if (state.blocks[block].freed == kNever) return state.fresh(bytes, block, state_);
    return state.placed(block, state_);
}

StepArena::Outside::Outside() : previous_(std::exchange(active_arena, nullptr)) {}
StepArena::Outside::~Outside() { active_arena = previous_; }

StepArena::Scope::Scope(StepArena& arena) : previous_(active_arena) {
    State& state = *arena.state_;
    TERN_CHECK(!state.in_step, "step arena", "the step before has not ended");
    TERN_CHECK(!state.diverged, "step arena",
               "the step before freed its tensors in another order than the recorded "
               "one; a tensor kept beyond its step must be kept in every step");
    // Places are used again in the order of one stream.
    const Stream stream = current_stream(state.device);
    if (state.blocks.empty()) {
        DeviceGraph::refuse("the first step of an arena");
        state.stream = stream;
    }
    // A graph is started on that one.
    TERN_CHECK(stream.native == state.stream.native || DeviceGraph::is_recording(), "step arena",
               "recorded on one stream of ", state.device,
               " and used on another; all steps of an arena must run on one");
    if (!state.recorded && !state.blocks.empty()) {
        state.recorded = true;
        state.slab_bytes = place(state.blocks);
        state.slab = allocate_bytes(state.slab_bytes, state.stream);
    }
    state.in_step = true;
    ++state.step;
    state.event = state.next_block = 0;
    active_arena = &arena;
}

StepArena::Scope::~Scope() {
    State& state = *active_arena->state_;
    active_arena = previous_;
    state.in_step = false;
    const bool unwinding = std::uncaught_exceptions() > 0;
    if (state.recorded)
        state.diverged = !unwinding && (state.diverged || state.event != state.events_per_step);
    else if (unwinding)
        state.blocks.clear();
    else
        state.events_per_step = state.event;
}

}  // namespace tern
