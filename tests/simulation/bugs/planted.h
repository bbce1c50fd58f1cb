// Which of the bugs of bugs.txt is awake in the copies that plant.py made; 0: none.
#pragma once

namespace weft {

extern int planted;

}  // namespace weft
