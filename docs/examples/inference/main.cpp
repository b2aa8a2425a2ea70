// A network of one's own made ready for inference: batch norms folded, batches run in chunks: inference
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "tern/tern.hpp"

namespace {

class Network : public tern::Module {
  public:
    Network() { initialize(tern::Initialization::pytorch, /*seed=*/0); }
    std::string type() const override { return "Network"; }

  protected:
    tern::Features forward(tern::Features images) override {
        return head_(average_(body_(norm_(conv_(std::move(images))))));
    }

  private:
    static constexpr tern::BatchNorm2dOptions kRelu{.activation = tern::Activation::relu};

    tern::Conv2d& conv_ =
        add_child<tern::Conv2d>("conv", 3, 32, {.kernel = 3, .stride = 2, .padding = tern::kSame});
    tern::BatchNorm2d& norm_ = add_child<tern::BatchNorm2d>("norm", 32, kRelu);
    tern::Sequential& body_ = make_body();
    tern::GlobalAveragePool& average_ = add_child<tern::GlobalAveragePool>("average");
    tern::Linear& head_ = add_child<tern::Linear>("head", 64, 10);

    tern::Sequential& make_body() {
        auto& body = add_child<tern::Sequential>("body");
        body.append<tern::SeparableConv2d>(32, 64, {.kernel = 3, .padding = tern::kSame});
        body.append<tern::BatchNorm2d>(64, kRelu);
        return body;
    }
};

}  // namespace

int main() try {
    Network network;  // of weights from a file: load_state(network, read_safetensors(path).tensors)
    network.eval();
    const tern::Tensor images = tern::Tensor::full({64, 32, 32, 3}, 0.5);
    tern::Inference inference(network);
    const tern::Tensor before = inference.run(images);

    tern::fold_batch_norms(network, {1, 32, 32, 3});  // after the weights are loaded; training is over then
    const auto start = std::chrono::steady_clock::now();
    const tern::Tensor logits = inference.run(images);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

    float difference = 0;
    for (std::size_t i = 0; i < logits.elements<float>().size(); ++i)
        difference =
            std::fmax(difference, std::fabs(logits.elements<float>()[i] - before.elements<float>()[i]));
    std::printf("%.0f images/s, logits differ by %.1e from those before folding\n", 64 / seconds.count(),
                difference);
    return difference < 1e-4F ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "inference: %s\n", error.what()), 1;
}
