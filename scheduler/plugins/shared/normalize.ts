// Scores brought between 0 and 100 by their maximum (pkg/scheduler/framework/plugins/helper/normalize_score.go).
import { maxNodeScore, type Scores } from '../../framework/plugin.ts';

/** `reverse`: the highest becomes the lowest. */
export function normalizeByMaximum(scores: Scores, reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  if (max === 0) {
    if (reverse) scores.fill(maxNodeScore);
    return;
  }
  for (let i = 0; i < scores.length; i++) {
    const score = Math.trunc((maxNodeScore * scores[i]!) / max);
    scores[i] = reverse ? maxNodeScore - score : score;
  }
}
