// What a trained network sees in a picture: predict WEIGHTS PICTURE
#include <cstdio>
#include <vector>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: predict WEIGHTS PICTURE\n", stderr), 2;
    const tern::Predictor predictor(tern::read_weights(argv[1]));
    const tern::Tensor picture = tern::read_image(argv[2]);  // PNG, JPEG or PPM of any size
    const std::vector<tern::Prediction> guesses = predictor.predict({picture}, /*top_k=*/3)[0];
    for (const tern::Prediction& guess : guesses) {
        std::printf("%-12s %.4f\n", guess.name.c_str(), guess.probability);
    }
} catch (const std::exception& error) {
    return std::fprintf(stderr, "predict: %s\n", error.what()), 1;
}
