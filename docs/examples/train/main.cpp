// A network of one's own, trained on the synthetic set, evaluated and saved: train OUTPUT
#include <cstdio>
#include <utility>

#include "tern/tern.hpp"

namespace {

// A stem and some residual blocks. Children are named, so weight files have the names stem.0.weight,
// block0.body.1.bias, ...
class Network : public tern::Module {
  public:
    Network(std::int64_t classes, std::int64_t width)
        : head_(add_child<tern::Linear>("head", width, classes)) {
        stem_.append<tern::Conv2d>(3, width, {.kernel = 3, .stride = 2, .padding = tern::kSame});
        stem_.append<tern::BatchNorm2d>(width, kRelu);
        stem_.append<tern::MaxPool2d>({.kernel = 3, .stride = 2, .padding = tern::kSame});
        tern::Sequential& body = block_.body();
        body.append<tern::SeparableConv2d>(width, width, {.kernel = 3, .padding = tern::kSame});
        body.append<tern::BatchNorm2d>(width, kRelu);
        initialize(tern::Initialization::he_normal, /*seed=*/0);
    }
    std::string type() const override { return "Network"; }

  protected:
    tern::Features forward(tern::Features images) override {
        return head_(average_(block_(stem_(std::move(images)))));
    }

  private:
    static constexpr tern::BatchNorm2dOptions kRelu{.activation = tern::Activation::relu};

    tern::Sequential& stem_ = add_child<tern::Sequential>("stem");
    tern::Residual& block_ = add_child<tern::Residual>("block");
    tern::GlobalAveragePool& average_ = add_child<tern::GlobalAveragePool>("average");
    tern::Linear& head_;
};

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: train OUTPUT\n", stderr), 2;
    const auto source = [](tern::Split split) {
        const tern::SyntheticOptions options{.train_samples = 1000, .test_samples = 200};
        return tern::DatasetSource(tern::make_synthetic(options, split),
                                   {tern::fixed_normalization("unit", /*channels=*/3)});
    };
    const tern::DatasetSource train = source(tern::Split::train), test = source(tern::Split::test);

    Network network(/*classes=*/10, /*width=*/32);
    const auto optimizer =
        tern::make_optimizer(tern::FlatParameters(network), {.name = "adamw", .learning_rate = 5e-3});
    tern::TrainingCallbacks callbacks;
    callbacks.after_log_line = [](const tern::LogLine& line) {
        std::printf("epoch %lld: loss %.3f, test accuracy %.3f\n", static_cast<long long>(line.epoch),
                    line.train.loss, line.test->metric("accuracy"));
    };
    tern::Trainer trainer({.model = network,
                           .optimizer = *optimizer,
                           .train = train,
                           .test = &test,
                           .plan = {.epochs = 4, .batch_size = 25},
                           .callbacks = callbacks});
    const tern::LogLine line = trainer.run().value();
    tern::write_safetensors(argv[1], {network.state(), {}});
    return line.test->metric("accuracy") > 0.9 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "train: %s\n", error.what()), 1;
}
