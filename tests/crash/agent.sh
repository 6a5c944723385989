#!/bin/sh
# An agent for the tests of crashes: a few files for each prompt, slowly enough to be cut off between two, and a
# process left behind. What it writes depends on the prompt and on what is there, and on nothing else.
prompt=$(cksum | cut -d' ' -f1)
setsid sleep 300 >/dev/null 2>&1 &
for part in 1 2 3 4; do
  echo "part $part of $prompt, after $(ls | wc -l) others" > "part-$prompt-$part.txt"
  echo "$prompt $part" >> log.txt
  echo "wrote part $part"
  sleep 0.05
done
