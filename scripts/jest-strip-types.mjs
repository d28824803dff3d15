// Jest transformer: Node's own type stripping, so that tests run exactly what `node` runs.
import { stripTypeScriptTypes } from 'node:module';

export default {
  process(source) {
    return { code: stripTypeScriptTypes(source) };
  },
};
