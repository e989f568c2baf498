#include "slo/metadata/entity_descriptor.hpp"
