/** Flavors of MLflow as the Hub calls their libraries. */
const libraries: Record<string, string> = {
  ...{ sklearn: 'sklearn', xgboost: 'xgboost', lightgbm: 'lightgbm', catboost: 'catboost', onnx: 'onnx' },
  ...{ pytorch: 'pytorch', tensorflow: 'tensorflow', keras: 'keras', transformers: 'transformers' },
  ...{ sentence_transformers: 'sentence-transformers', spacy: 'spacy', fastai: 'fastai', statsmodels: 'statsmodels' },
};

/** The first that the Hub has a name for. */
export const libraryOf = (flavors: readonly string[]) =>
  flavors.flatMap((flavor) => (Object.hasOwn(libraries, flavor) ? [libraries[flavor]] : [])).find(Boolean) ?? 'mlflow';
