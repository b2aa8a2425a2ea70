// What a trained network sees in an image: predict WEIGHTS IMAGE
#include <cstdio>
#include <vector>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: predict WEIGHTS IMAGE\n", stderr), 2;
    const tern::Predictor predictor(tern::read_weights(argv[1]));
    const tern::Tensor image = tern::read_image(argv[2]);  // PNG, JPEG or PPM of any size
    const std::vector<tern::Prediction> guesses = predictor.predict({image}, /*top_k=*/3)[0];
    for (const tern::Prediction& guess : guesses) {
        std::printf("%-12s %.4f\n", guess.name.c_str(), guess.probability);
    }
} catch (const std::exception& error) {
    return std::fprintf(stderr, "predict: %s\n", error.what()), 1;
}
