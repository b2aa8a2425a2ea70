// Pruning takes channels out of all that has them, and leaves the rest as it was.
#include <cmath>
#include <limits>

#include "tern/core/fill.hpp"
#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/group_norm/group_norm.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/flatten.hpp"
#include "tern/layers/group_norm.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/layer_norm.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/prune/prune_model.hpp"
#include "tern/layers/prune/widths.hpp"
#include "tern/layers/residual.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/tests/layers/pruned_like.hpp"
#include "tern/tests/layers/trained.hpp"

using namespace tern;

namespace {

const Shape kSample{6, 5, 3};

// Parts in a row, each of which knows the channels that it is given.
class RandomNet : public Module {
  public:
    explicit RandomNet(std::uint64_t seed) : random_{seed, RandomPurpose::user, 1} {
        std::int64_t channels = 8 * draw(1, 3);
        add_child<Conv2d>("stem", 3, channels, {.kernel = 3, .padding = 1});
        const std::int64_t parts = draw(2, 6);
        for (std::int64_t i = 0; i < parts; ++i) channels = add_part(channels);
        ends_flat_ = draw(0, 1) == 1;
        const std::int64_t pixels = ends_flat_ ? 6 * 5 : 1;
        if (ends_flat_)
            add_child<Flatten>("flatten");
        else
            add_child<GlobalAveragePool>("average");
        add_child<Linear>("fc1", pixels * channels, 12);
        add_child<LayerNorm>("norm", 12);  // channels that have to stay
        add_child<Linear>("fc2", 12, 4);
        initialize(Initialization::pytorch, seed);
        to(DType::float64);
        test::pretend_trained(*this, seed);
    }
    std::string type() const override { return "RandomNet"; }

  protected:
    Features forward(Features x) override {
        for (std::size_t i = 0; i < child_count(); ++i) {
            const Tensor input = x;
            const bool joined = i > 0 && i <= kinds_.size() && kinds_[i - 1] == kConcat;
            x = child(i)(std::move(x));
            if (joined) x = concat({input, silu(x)}, 3);
        }
        return x;
    }

  private:
    enum Kind : std::int64_t { kPlain, kNorm, kGroupNorm, kSeparable, kGrouped, kResidual, kConcat, kKinds };

    std::int64_t draw(std::int64_t low, std::int64_t high) {
        return low +
               static_cast<std::int64_t>(random_.uniform(draws_++) * static_cast<double>(high - low + 1));
    }

    std::int64_t add_part(std::int64_t channels) {
        const Kind kind = static_cast<Kind>(draw(0, kKinds - 1));
        const std::string name = "part" + std::to_string(kinds_.size());
        kinds_.push_back(kind);
        const std::int64_t more = 4 * draw(1, 6);
        switch (kind) {
            case kNorm:
                add_child<BatchNorm2d>(name, channels, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
                return channels;
            case kGroupNorm:
                add_child<GroupNorm>(name, channels / 4, channels);
                return channels;
            case kSeparable:
                add_child<SeparableConv2d>(name, channels, more, {.kernel = 3, .padding = 1});
                return more;
            case kGrouped:
                add_child<Conv2d>(name, channels, 2 * channels, {.kernel = 3, .padding = 1, .groups = 4});
                return 2 * channels;
            case kResidual: {
                auto& body = add_child<Residual>(name).body();
                body.append<Conv2d>(channels, more, {.kernel = 1, .bias = false});
                body.append<BatchNorm2d>(more);
                body.append<Conv2d>(more, channels, {.kernel = 3, .padding = 1});
                return channels;
            }
            case kConcat:
                add_child<Conv2d>(name, channels, more, {.kernel = 1});
                return channels + more;
            default:
                add_child<Conv2d>(name, channels, more, {.kernel = 3, .padding = 1});
                return more;
        }
    }

    RandomStream random_;
    std::uint64_t draws_ = 0;
    std::vector<Kind> kinds_;
    bool ends_flat_ = false;
};

// Convolutions, and between them a function of the user's own.
struct Own : Module {
    using Body = Tensor (*)(Own& own, const Tensor& x);
    explicit Own(Body with) : body(with) {
        initialize(Initialization::pytorch, 1);
        to(DType::float64);
        test::pretend_trained(*this, 2);
    }
    std::string type() const override { return "Own"; }
    Features forward(Features x) override {
        const Tensor between = body(*this, first(x));
        return average(last(between));
    }
    Body body;
    Conv2d& first = add_child<Conv2d>("first", 3, 8, {.kernel = 3, .padding = 1});
    Conv2d& second = add_child<Conv2d>("second", 8, 8, {.kernel = 3, .padding = 1});
    Conv2d& last = add_child<Conv2d>("last", 8, 4, {.kernel = 1});
    GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
    Tensor scale = Tensor::full({8}, 1, DType::float64), shift = Tensor::zeros({8}, DType::float64);
};

std::vector<std::string> names_of_groups(Own::Body body) {
    Own own(body);
    std::vector<std::string> names;
    for (const ChannelGroup& group : channel_groups(trace(own, kSample), own.state()))
        names.push_back(group.name);
    return names;
}

std::vector<std::vector<double>> numbers(const Module& model) {
    std::vector<std::vector<double>> result;
    for (const NamedTensor& named : model.state()) result.push_back(cases::to_doubles(named.tensor));
    return result;
}

void check_refusal(Module& model, const PruneOptions& options, const std::string& message) {
    const std::vector<std::vector<double>> before = numbers(model);
    CHECK_THROWS_WITH(prune_model(model, kSample, options), Catch::Contains(message));
    CHECK(numbers(model) == before);
}

}  // namespace

TEST_CASE("random networks without channels that give zeros compute what they did") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        INFO("seed " << seed);
        RandomNet net(seed);
        test::check_silent_half_goes(net, kSample, seed);
    }
}

TEST_CASE("channels that code needs stay, and those of a sum go together") {
    using Names = std::vector<std::string>;
    const Names one{"first.weight"}, both{"first.weight", "second.weight"};
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor { return own.second(x); }) == both);
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor { return x + own.second(x); }) == one);
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor {
              return own.second(x * Tensor::full({8}, 2, DType::float64));
          }) == Names{"second.weight"});
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor {
              return own.second(pad(slice(x, 3, 0, 6), {{0, 0}, {0, 0}, {0, 0}, {1, 1}}));
          }) == Names{"second.weight"});
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor {
              return own.second(x * mean(x, {3}, true));
          }) == Names{"second.weight"});
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor {
              return own.second(silu(x.reshape({-1, x.dim(1), x.dim(2), 2, 4})).reshape(x.shape()));
          }) == Names{"second.weight"});
    CHECK(names_of_groups([](Own&, const Tensor& x) { return x; }) == one);  // nothing reads the second one
    CHECK(names_of_groups([](Own& own, const Tensor& x) -> Tensor {
              return own.second(x * mean(x, {1, 2}, true));
          }) == both);
}

TEST_CASE("groups in a normalisation go as a whole") {
    Sequential net;
    net.append<Conv2d>(3, 24, {.kernel = 1});
    net.append<GroupNorm>(3, 24);
    net.append<Conv2d>(24, 4, {.kernel = 1});
    net.append<GlobalAveragePool>();
    net.initialize(Initialization::pytorch, 1);
    const std::vector<ChannelGroup> groups = channel_groups(trace(net, kSample), net.state());
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].channels.size() == 3);
    CHECK(groups[0].width == 8);
    CHECK(groups[0].extent() == 24);
    const std::vector<PrunedGroup> pruned = prune_model(net, kSample, {.rate = 0.4, .multiple = 16});
    CHECK(pruned[0].after == 16);
    CHECK(net.state()[0].tensor.shape() == Shape{16, 3, 1, 1});
}

TEST_CASE("the least important channels go, by either criterion, of each group or of all") {
    const auto make = [] {
        auto net = std::make_unique<Sequential>();
        net->append<Conv2d>(3, 8, {.kernel = 1, .bias = false});
        net->append<BatchNorm2d>(8);
        net->append<Conv2d>(8, 8, {.kernel = 1, .bias = false});
        net->append<Conv2d>(8, 4, {.kernel = 1, .bias = false});
        net->append<GlobalAveragePool>();
        net->initialize(Initialization::pytorch, 1);
        for (const NamedTensor& named : net->state())
            if (is_floating(named.tensor.dtype())) fill(named.tensor, 1);
        const NamedTensors state = net->state();
        for (std::int64_t c = 0; c < 8; ++c) {
            state[1].tensor.data<float>()[c] = static_cast<float>(c == 5 ? -9 : c + 1);  // the scales
            for (std::int64_t i = 0; i < 3; ++i)  // filters that are large where scales are small
                state[0].tensor.data<float>()[c * 3 + i] = static_cast<float>(64 >> c);
        }
        return net;
    };
    const auto scales = [](const Module& net) { return cases::to_doubles(net.state()[1].tensor); };
    auto by_scale = make();
    const std::vector<PrunedGroup> groups =
        prune_model(*by_scale, kSample, {.rate = 0.5, .criterion = ChannelCriterion::scale, .multiple = 2});
    CHECK(scales(*by_scale) == std::vector<double>{5, -9, 7, 8});
    REQUIRE(groups.size() == 2);
    CHECK((groups[1].before == 8 && groups[1].after == 8));  // it is not normalised
    auto by_norm = make();
    prune_model(*by_norm, kSample, {.rate = 0.5, .multiple = 2});
    // As shares of the mean the squares of the filters are 6, 1.5, 0.4, ..., those of the scales from 0.03 to 2.6.
    CHECK(scales(*by_norm) == std::vector<double>{1, 2, -9, 8});
    CHECK(by_norm->state()[6].tensor.shape() == Shape{4, 4, 1, 1});

    // All channels of the second group are alike, so those of the first that are below them go first.
    auto of_all = make();
    const std::vector<PrunedGroup> global =
        prune_model(*of_all, kSample, {.rate = 0.25, .is_global = true, .multiple = 1});
    CHECK(global[0].after == 4);
    CHECK(global[1].after == 8);
    // However many should go, one multiple stays of each.
    auto floor = make();
    for (const PrunedGroup& group :
         prune_model(*floor, kSample, {.rate = 0.99, .is_global = true, .multiple = 2}))
        CHECK(group.after == 2);
}

TEST_CASE("a model that cannot be pruned is as it was") {
    Own own([](Own& self, const Tensor& x) -> Tensor { return self.second(x); });
    for (const double rate : {0.0, 1.0, -0.5, 1.5, std::nan(""), std::numeric_limits<double>::infinity()})
        check_refusal(own, {.rate = rate, .multiple = 1},
                      "[prune] the rate must be above 0 and below 1, got ");
    check_refusal(own, {.multiple = 0}, "[prune] the multiple must be at least 1, got 0");
    check_refusal(own, {.rate = 0.5, .multiple = 16},
                  "[prune] no channel can go at rate 0.5: the model has 2 groups of channels that can, each "
                  "of which keeps a multiple of 16");
    own.state()[0].tensor.data<double>()[3] = std::numeric_limits<double>::infinity();
    check_refusal(own, {.multiple = 1}, "[prune] first.weight is not finite");

    Own fixed([](Own& self, const Tensor& x) -> Tensor {
        TERN_CHECK(x.dim(3) == 8, "own", "wants 8 channels, got ", x.dim(3));
        return self.second(x);
    });
    check_refusal(fixed, {.multiple = 1},
                  "[prune] the model does not run with fewer channels, because its code fixes how many there "
                  "are: [own] wants 8 channels, got 4");
    Own grouped([](Own& self, const Tensor& x) -> Tensor {  // four groups, of however many channels
        const std::int64_t channels = x.dim(3);
        return self.second(group_norm(x, Tensor::full({channels}, 1, DType::float64),
                                      Tensor::zeros({channels}, DType::float64), {4}));
    });
    CHECK(names_of_groups(grouped.body) == std::vector<std::string>{"second.weight"});
    struct Norm : Own {
        explicit Norm(Body with) : Own(with) { add_parameter("scale", scale), add_parameter("shift", shift); }
        void initialize_own(Initializer& initializer) override {
            initializer.constant(scale, 1);
            initializer.constant(shift, 0);
        }
    };
    Norm by_heart([](Own& self, const Tensor& x) -> Tensor {
        return self.second(group_norm(x, self.scale, self.shift, {4}));
    });
    check_refusal(by_heart, {.multiple = 1},
                  "[prune] the model does other work with fewer channels, because its code fixes how many "
                  "there are");
    struct Random : Own {
        using Own::Own;
        Features forward(Features x) override {
            return Own::forward(x).value() * static_cast<double>(++runs);
        }
        int runs = 0;
    };
    Random random([](Own& self, const Tensor& x) -> Tensor { return self.second(x); });
    check_refusal(random, {.multiple = 1}, "[trace] ");
}

TEST_CASE("a model is narrowed to the widths of a pruned one, and to no others") {
    const auto body = [](Own& self, const Tensor& x) -> Tensor { return self.second(x); };
    Own pruned(body);
    const NamedTensors made = pruned.state();
    prune_model(pruned, kSample, {.rate = 0.5, .multiple = 1});
    const Widths widths = widths_of(made, pruned.state());
    CHECK(widths == Widths{{"first.weight", {4, 0, 0, 0}},
                           {"first.bias", {4}},
                           {"second.weight", {4, 4, 0, 0}},
                           {"second.bias", {4}},
                           {"last.weight", {0, 4, 0, 0}}});
    Own other(body);
    CHECK(narrow(other, widths, kSample));
    CHECK_FALSE(narrow(other, widths, kSample));
    CHECK(widths_of(made, other.state()) == widths);
    Own untouched(body);
    CHECK_FALSE(narrow(untouched, {}, kSample));

    const auto refuses = [&](const std::string& name, const std::vector<std::int64_t>& extents,
                             const std::string& message) {
        Own model(body);
        Widths changed = widths;
        changed[name] = extents;
        const std::vector<std::vector<double>> before = numbers(model);
        CHECK_THROWS_WITH(narrow(model, changed, kSample, "a.file"), message);
        CHECK(numbers(model) == before);
    };
    refuses("third.weight", {1}, "[a.file] has widths of third.weight, which the model does not have");
    refuses("first.bias", {4, 0}, "[a.file] has 2 widths of first.bias, which is (8)");
    refuses("first.bias", {9},
            "[a.file] has width 9 of first.bias along axis 0, expected at most 8, and 0 for all of it");
    refuses("first.bias", {-1},
            "[a.file] has width -1 of first.bias along axis 0, expected at most 8, and 0 for all of it");
    refuses("first.bias", {5},
            "[a.file] its widths do not fit one another: first.bias has 5 along axis 0, expected 4");
    refuses("first.bias", {3},
            "[a.file] its widths do not fit one another: first.bias has 3 along axis 0, expected 4");
    refuses("second.weight", {4, 0, 0, 0},
            "[a.file] its widths do not fit one another: second.weight has 8 along axis 1, expected 4");
    refuses("last.weight", {3, 4, 0, 0},
            "[a.file] its widths do not fit one another: last.weight has 3 along axis 0, expected 4");
    refuses("first.weight", {4, 2, 0, 0},
            "[a.file] its widths do not fit one another: first.weight has 2 along axis 1, expected 3");
}
